mod read_kv;
mod read_private_key;
mod read_shell;
