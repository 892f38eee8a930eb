"""Backups of a SQLite database: one consistent copy, packed, optionally sealed, and proved."""
