"""Deliberate defects of the application, each of which the simulation must catch.

A saboteur replaces functions or conditions of the loaded application while one seed runs. Where
two defences stand behind each other it takes away both: otherwise the second would do its work.
"""
