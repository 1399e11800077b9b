"""The source of a booth that is in no room: read here, by the readers of the ingress."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

import numpy as np
from livekit import rtc

from agent.picture.ingress_state import IngressState
from agent.picture.liveness import Received
from agent.picture.picture import Picture
from agent.picture.published import Track
from agent.picture.source import SMALLEST
from config.tasks import Tasks, Tell
from ingress.reader.messages import RawPicture, Sound
from ingress.report import SourceReport
from ingress.standalone import StandaloneSource
from web.sound import RATE

Open = Callable[[], AbstractAsyncContextManager[StandaloneSource]]


class LocalSource:
    """What a booth watches, as `Watched`: always this one, there or not. The ingress's own watchdog
    looks after its reader.
    """

    def __init__(
        self,
        name: str,
        read: Open,
        *,
        on_picture: Callable[[Picture], None],
        on_model_picture: Callable[[Picture], None],
        on_sound: Callable[[rtc.AudioFrame, float], None],
        on_change: Callable[[str], None],
        tell: Tell,
    ) -> None:
        """`read()` opens it; the rest as of `Source`, and `on_model_picture` is never called."""
        self._name = name
        self._read = read
        self._on_picture = on_picture
        self._on_sound = on_sound
        self._on_change = on_change
        self._tasks = Tasks(tell)
        self._last_capture = 0.0
        self._opened: StandaloneSource | None = None
        self.newest: Picture | None = None
        self.watched: Track | None = None
        self.wanted = ""
        self.passed_over = ""

    @property
    def report(self) -> SourceReport | None:
        """How it is now; None before it was tried."""
        return self._opened.report() if self._opened else None

    @property
    def identity(self) -> str:
        return self._name if self.watched else ""

    def start(self, wanted: str) -> None:
        self.watched = Track(self._name, self._name, self._name, by="ingress")
        self._on_change(self._name)
        self._tasks.keep("reading the source", self._run)

    def want(self, identity: str) -> None:
        pass

    def states(self) -> Mapping[str, IngressState]:
        if (now := self.report) is None:
            return {}
        return {self._name: IngressState(now.state, now.error, now.frozen)}

    async def received(self) -> Received | None:
        return None

    def renew(self) -> None:
        pass

    def give_up(self) -> None:
        pass

    def later(self, capture: float) -> float:
        self._last_capture = max(capture, self._last_capture + 0.001)
        return self._last_capture

    async def aclose(self) -> None:
        await self._tasks.aclose()

    async def _run(self) -> None:
        async with self._read() as source:
            self._opened = source
            async for piece in source:
                if isinstance(piece, RawPicture):
                    self._take(piece)
                elif isinstance(piece, Sound):
                    samples = len(piece.data) // 2
                    frame = rtc.AudioFrame(piece.data, RATE, 1, samples)
                    self._on_sound(frame, piece.time + samples / RATE)

    def _take(self, piece: RawPicture) -> None:
        if min(piece.width, piece.height) < SMALLEST:
            return
        i420 = np.frombuffer(piece.data, np.uint8).reshape(-1, piece.width)
        capture = self.later(min(piece.time, time.monotonic()))
        self.newest = Picture(i420, piece.width, piece.height, capture)
        self._on_picture(self.newest)
