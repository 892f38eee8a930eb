"""What is the same on every broker's wire: account, the two HTTP clients, bodies, rows of strings."""
