"""The risk guard: numbers that can say no. Pure functions over facts that somebody else read."""
