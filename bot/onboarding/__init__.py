"""Getting started: what the bot must be told, asked for and checked one answer at a time."""
