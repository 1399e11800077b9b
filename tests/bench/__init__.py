"""Measures how good it is, in a real room with the real processes, beside a baseline."""
