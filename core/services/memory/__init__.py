"""What is remembered: found by words and by meaning, forgotten by whoever it belongs to."""
