mod read_encoding;
mod read_git_index;
mod read_json;
