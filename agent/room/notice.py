"""What went wrong for a moment, told to everybody for a while."""

from __future__ import annotations

import logging
import time

log = logging.getLogger("pressbox.booth")

SHOWN = 15.0
"""Seconds for which the status carries what went wrong with one question or change."""


class Notice:
    """The newest such text."""

    def __init__(self) -> None:
        self._text, self._until = "", 0.0

    @property
    def text(self) -> str:
        """One line, "" when there is nothing to tell any more."""
        return self._text if time.monotonic() < self._until else ""

    def tell(self, text: str) -> None:
        """Tell this; the log has it once, however often it comes."""
        if text != self.text:
            log.warning("%s", text)
        self._text, self._until = text, time.monotonic() + SHOWN
