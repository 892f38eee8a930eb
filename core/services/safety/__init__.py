"""Watches the day and the broker, and lets the breakers out. Reads and judges; sends nothing."""
