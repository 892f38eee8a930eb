"""Frozen values and rules. Standard library only: no async, no clock, no float money."""
