"""The gate of pictures: whether a line is to be asked for, and why. Pure."""

from __future__ import annotations

import time

from ..scene.scene import Scene
from .history import Covered
from .line import Line, Lines
from .note import Note
from .options import Options
from .prompt import Occasion

UPHEAVAL = 80.0
"""Strength of news from which on much has happened."""
LINGERS = 2.5
"""Seconds without news after which, where silence is unwelcome, who is in view is talked about."""
QUIET = 1.0
"""Seconds without news after which the next is a beginning."""


class Occasions:
    """Knows up to which picture the commentary has come, and what happened since."""

    def __init__(self, lines: Lines, scene: Scene, note: Note) -> None:
        self._scene = scene
        self._note = note
        self._covered = Covered(lines)
        self._asked_at = float("-inf")
        self.saved = 0
        """Requests that were not made: one for each ``inference_interval`` without an occasion."""
        self._saved_at = float("-inf")
        self.nothing_since: float | None = None
        """Since when no picture was worth a line, monotonic seconds; None: the last one was."""

    def reset(self) -> None:
        """The source is another one."""
        self._covered.clear()
        self._asked_at = float("-inf")

    def take(self, line: Line) -> float:
        """This line, which is not among the others yet, is asked for now; marks it where it is to
        tell the note. Returns up to which capture time the commentary has come, or a little
        earlier: before what moved then.
        """
        self._asked_at, covered = time.monotonic(), self._covered.until
        line.news = self._note.is_news(covered, line.anchor, self._asked_at)
        return self._scene.calm_until(covered)

    def at(self, capture_time: float, options: Options) -> Occasion | None:
        """Why to ask for a line about the picture of that time; None: nothing is worth one."""
        why = self._why(capture_time, options)
        if why is not None:
            self.nothing_since = None
            return why
        now = time.monotonic()
        if self.nothing_since is None:
            self.nothing_since = now
        if now - self._saved_at >= options.inference_interval:
            self.saved, self._saved_at = self.saved + 1, now
        return None

    def _why(self, capture_time: float, options: Options) -> Occasion | None:
        covered = self._covered.until
        if covered == float("-inf") and options.still_interval:
            return "first"
        if options.change_threshold == 0:
            return "change"
        if self._note.is_news(covered, capture_time, time.monotonic()):
            return "change"
        news = self._scene.news(covered, capture_time, options.change_threshold)
        if news and news.clear_at <= capture_time:
            if news.strength >= UPHEAVAL:
                return "upheaval"
            return "begin" if news.at - covered >= QUIET else "change"
        still = time.monotonic() - self._asked_at
        if options.dense and self._scene.objects and still >= LINGERS:
            return "linger"
        return "still" if 0 < options.still_interval <= still else None
