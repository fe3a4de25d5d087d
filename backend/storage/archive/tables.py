"""The tables of the archive's file. What is long or seldom changes stands apart, so that a save writes little."""

import sqlite3

TABLES = """
CREATE TABLE conversations (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, lower_name TEXT NOT NULL, title TEXT NOT NULL, titled TEXT NOT NULL,
  updated TEXT NOT NULL, leaf TEXT
);
CREATE INDEX newest ON conversations (updated);
CREATE TABLE panels (conversation TEXT PRIMARY KEY REFERENCES conversations ON DELETE CASCADE, body TEXT NOT NULL);
CREATE TABLE words (conversation TEXT PRIMARY KEY REFERENCES conversations ON DELETE CASCADE, body TEXT NOT NULL);
CREATE TABLE setups (hash TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE nodes (
  number INTEGER PRIMARY KEY, conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, id TEXT NOT NULL,
  setup TEXT REFERENCES setups, size INTEGER NOT NULL, done INTEGER NOT NULL, body TEXT NOT NULL,
  UNIQUE (conversation, id)
);
CREATE INDEX set_up ON nodes (setup) WHERE setup IS NOT NULL;
CREATE INDEX growing ON nodes (number) WHERE NOT done;
CREATE TABLE IF NOT EXISTS pictures (name TEXT PRIMARY KEY, bytes BLOB);
CREATE TABLE uses (
  conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, picture TEXT NOT NULL,
  PRIMARY KEY (conversation, picture)
) WITHOUT ROWID;
CREATE INDEX used ON uses (picture);
CREATE TABLE deleted (id TEXT PRIMARY KEY)
"""


def run(db: sqlite3.Connection, statements: str) -> None:
    """Runs statements within the transaction that is open, which `executescript` would end."""
    for statement in statements.split(";"):
        db.execute(statement)
