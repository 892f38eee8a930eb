"""The user's own rules: which are shipped, what they compare, when one is taken on or ends."""
