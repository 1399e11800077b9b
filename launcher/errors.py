"""What stops a start."""

from __future__ import annotations

import os


class LaunchError(Exception):
    """The start cannot go on. `str()` is one line: what is wrong and what to do about it."""


def why_away(error: Exception) -> str:
    """Why something does not answer, a few words: aiohttp's own have addresses in them."""
    number = getattr(error, "errno", None) or 0
    said = os.strerror(number) if number > 0 else getattr(error, "strerror", None)
    return said or type(error).__name__
