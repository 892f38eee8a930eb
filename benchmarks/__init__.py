"""Measurements, never assertions: what a figure is depends on the machine it was taken on."""
