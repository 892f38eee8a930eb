"""Protocols over domain types. What is above and beside `core` meets the services through these."""
