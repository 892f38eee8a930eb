"""What serves the repository itself: set-up, generated files."""
