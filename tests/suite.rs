
mod sqlite;
