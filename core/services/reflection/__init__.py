"""Looking back: what became of decisions, and the numbers of a week."""
