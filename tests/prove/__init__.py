"""The proofs behind `make prove`: each a small object that works in units until its time is up."""
