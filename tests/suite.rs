mod mcp;
mod read_encoding;
mod read_git_index;
mod read_json;
mod rule_data;
mod surfaces;
