"""The one place where the graph is built."""
