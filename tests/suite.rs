mod read_kv;
