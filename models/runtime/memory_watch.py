"""Whether there is memory for one more request, asked before each: others share the device."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from models.engine import BusyError
from models.runtime.device import GIB

log = logging.getLogger("engine")


@dataclass(frozen=True, slots=True)
class RequestNeed:
    """Bytes that a request takes while it is served.

    Attributes:
        fixed: Whatever it holds.
        picture: On top of that for each picture.
    """

    fixed: int
    picture: int


class MemoryWatch:
    """Asks before each request. Used from one thread, but for ``shortage``."""

    def __init__(
        self, device: str, need: RequestNeed, free: Callable[[], int], release: Callable[[], None]
    ) -> None:
        """
        Args:
            device: What it is called, for people.
            need: What a request takes.
            free: Bytes that can be had now.
            release: Gives back what is kept only to save work.
        """
        self._device = device
        self._need = need
        self._free = free
        self._release = release
        self.shortage = ""
        """What there is too little of, in one line; empty when there is enough."""

    def frames_for(self, pictures: int) -> int:
        """How many of ``pictures`` there is memory for, at least one.

        Raises BusyError when not even one fits.
        """
        need = self._need
        wanted = need.fixed + need.picture * pictures
        free = self._free()
        if free < wanted:
            self._release()
            free = self._free()
        frames = min(pictures, max(0, free - need.fixed) // need.picture)
        known, self.shortage = self.shortage, "" if free >= wanted else self._line(free, wanted)
        if self.shortage and not known:
            log.warning("%s", self.shortage)
        if free < need.fixed + need.picture * min(1, pictures):
            raise BusyError(self.shortage)
        return frames

    def _line(self, free: int, wanted: int) -> str:
        return (
            f"{self._device} has {max(0, free) / GIB:.2f} GiB free and a request takes "
            f"{wanted / GIB:.2f}: end what else is using it"
        )
