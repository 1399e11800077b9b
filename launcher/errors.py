"""What stops a start."""

from __future__ import annotations


class LaunchError(Exception):
    """The start cannot go on. `str()` is one line: what is wrong and what to do about it."""
