"""What a viewer by HTTP gets of one booth, wherever the booth runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from web.events import Events
from web.pictures import Pictures
from web.sound import Sound


def decoded(text: str) -> dict[str, Any] | None:
    """The object that a booth has written; None for anything else."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


class CallError(Exception):
    """The booth refused a call, or did not answer it. `str()` is one line for the caller.

    Attributes:
        status: The HTTP status that fits: 400, 404 (no such method), 503 (no booth), 504.
        problems: What the booth said of it besides, such as `problems`: a list of objects with
            `key`, `value` and `allowed`.
    """

    def __init__(self, status: int, message: str, problems: Mapping[str, object] | None = None):
        super().__init__(message)
        self.status = status
        self.problems = dict(problems or {})


class Feed(Protocol):
    """One booth. What it shows and says comes to three fans, each for any number of viewers. Their
    owner closes them; that ends what viewers have of them.
    """

    pictures: Pictures
    """What is on display: delayed as viewers in the room see it."""
    sound: Sound
    """The commentary, and the sound of the source, as they are heard with those pictures."""
    events: Events
    """Lines, words, status and alerts."""

    @property
    def status(self) -> Mapping[str, object]:
        """The booth's `pressbox.status`, and how the feed itself is; JSON values.
        capture: ok, lost, none.
        """

    async def live(self, width: int, height: int, quality: int) -> bytes:
        """The newest picture of the source as JPEG, not delayed. Raises CallError."""

    async def call(self, method: str, payload: str, name: str) -> str:
        """Call one of the booth's RPC methods (`pressbox.set`, `pressbox.ask`, …) for a viewer who
        goes by this name, "" for none. Raises CallError.
        """


def viewers(feed: Feed) -> int:
    """How many people watch it, as far as that can be told: one takes one of each kind at most."""
    return max(feed.pictures.viewers, feed.sound.listeners, feed.events.viewers)


class Feeds(Protocol):
    """The rooms that can be watched."""

    def watch(self, room: str) -> AbstractAsyncContextManager[Feed]:
        """Watch a room ("" is the default one) until the context ends. The first viewer opens the
        feed, the last one closes it. Entering raises CallError.
        """

    @property
    def open(self) -> Mapping[str, Feed]:
        """The feeds that are open at the moment, by room; the default room under its own name."""

    async def aclose(self) -> None:
        """Leave all rooms. Idempotent."""
