"""Reads one source in a process of its own, which can be killed when the source hangs it."""
