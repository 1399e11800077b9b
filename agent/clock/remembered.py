"""Ready times of engines, kept over rooms and restarts: the delay is right from the start."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from config import files
from config.settings import RoomSettings, Settings

log = logging.getLogger("pressbox.delay")

MOST_ENGINES = 32
EVERY = 300.0
"""Seconds between two times at which they are saved."""


class RememberedTimes:
    """`<dir>/ready_times.json`: seconds, oldest first, by what names an engine and how it is asked.

    `load` and `save` do blocking file work of a few milliseconds. Booths of several processes share
    the file; the last one to write wins.
    """

    def __init__(self, directory: Path, engine: str) -> None:
        self._path = directory / "ready_times.json"
        self._engine = engine

    def load(self) -> list[float]:
        """What is known of the engine; garbage is as if nothing was."""
        return self._read().get(self._engine, [])

    def save(self, seconds: Sequence[float]) -> None:
        """Remember these, if any. A disk that takes nothing costs the memory, and is logged."""
        if not seconds:
            return
        known = self._read()
        known.pop(self._engine, None)
        known[self._engine] = [round(one, 3) for one in seconds]
        kept = dict(list(known.items())[-MOST_ENGINES:])
        try:
            files.write(self._path, json.dumps(kept))
        except OSError as error:
            log.warning("how long the engine takes cannot be kept: %s", error.strerror)

    async def keep(self, seconds: Callable[[], Sequence[float]]) -> None:
        """Save what these are, now and then, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(self.save, seconds())

    def _read(self) -> dict[str, list[float]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return {str(key): [_seconds(one) for one in times] for key, times in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            log.warning("%s is ignored: %s", self._path.name, type(error).__name__)
            return {}


def engine_name(settings: Settings, full: RoomSettings) -> str:
    """What ready times depend on."""
    parts = (settings.engine_url, settings.engine_model, settings.tts, full.frames_per_inference)
    second = (settings.second_engine_url, settings.second_engine_model)
    return " ".join(map(str, (*parts, *second))).rstrip()


def _seconds(value: object) -> float:
    """Raises ValueError for what is no ready time."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 600:
        return float(value)
    raise ValueError("not a ready time")
