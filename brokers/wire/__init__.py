"""What is the same on every broker's wire: the two HTTP clients, bodies, and rows of strings."""
