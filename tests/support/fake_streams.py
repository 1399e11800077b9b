"""Fakes of LiveKit's text streams, both ways."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from livekit import rtc
from livekit.rtc.data_stream import StreamError, TextStreamInfo

from tests.support.rtc_script import STALL, Script

ENDLESS = 1_000_000
"""Letters after which a reader is taken for one who would read for ever."""

Feed = Iterable[str | float | None]
"""What a stream brings: text, seconds of waiting (STALL: for ever), None for breaking off."""


@dataclass(frozen=True, slots=True)
class Text:
    """What was sent by `send_text`, or as a data packet."""

    time: float
    topic: str
    text: str
    to: tuple[str, ...] = ()


class FakeTextStreamReader(rtc.TextStreamReader):
    """Brings its feed piece by piece; one that is not read to the end must be closed."""

    def __init__(self, topic: str, feed: Feed, on_close: Callable[[], None]) -> None:
        self._info = TextStreamInfo("TX", "text/plain", topic, 0, 0, {}, [])
        self._feed: Iterator[str | float | None] = iter(feed)
        self._on_close = on_close
        self._ended = asyncio.Event()
        self._error: StreamError | None = None
        self.taken = 0
        """Letters that were read."""

    @property
    def closed(self) -> bool:
        """Whether it was closed, or read to its end."""
        return self._ended.is_set()

    def __aiter__(self) -> FakeTextStreamReader:
        return self

    async def __anext__(self) -> str:
        while not self.closed:
            piece = next(self._feed, "")
            if piece is None:
                self.break_off("the sender went away")
            elif isinstance(piece, float | int):
                await self._wait(piece)
            elif piece:
                return self._counted(piece)
            else:
                self._close()
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    def break_off(self, why: str) -> None:
        """The sender or the room is gone."""
        self._error = StreamError(why)
        self._close()

    def _counted(self, piece: str) -> str:
        self.taken += len(piece)
        if self.taken > ENDLESS:
            raise AssertionError(f"{self.taken} letters were read, and no end")
        return piece

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(None if seconds == STALL else seconds):
                await self._ended.wait()
        except TimeoutError:
            return

    def _close(self) -> None:
        if not self.closed:
            self._ended.set()
            if self._on_close is not None:
                self._on_close()


class FakeTextStreamWriter(rtc.TextStreamWriter):
    """Keeps what was written and when."""

    def __init__(
        self,
        script: Script,
        connected: Callable[[], bool],
        topic: str,
        attributes: dict[str, str],
        to: Sequence[str] = (),
    ) -> None:
        self._script = script
        self._connected = connected
        self._closed = False
        self._write_lock = asyncio.Lock()
        self.topic = topic
        self.attributes = attributes
        self.to = tuple(to)
        """Who gets it, all for none."""
        self.written: list[tuple[float, str]] = []
        """Each piece with the time, in seconds of the clock."""
        self.closed_at: float | None = None
        """When the end of the stream was sent, None if it was not."""

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(piece for _, piece in self.written)

    async def write(self, text: str) -> None:
        async with self._write_lock:
            if self._closed:
                raise RuntimeError("Cannot write after stream is closed")
            await self._script.run("write")
            self._check_connected()
            self.written.append((time.monotonic(), text))

    async def aclose(self, *, reason: str = "", attributes: dict[str, str] | None = None) -> None:
        if self._closed:
            raise RuntimeError("Stream already closed")
        self._closed = True
        await self._script.run("close")
        self._check_connected()
        self.closed_at = time.monotonic()
        self.attributes = self.attributes | (attributes or {})

    def _check_connected(self) -> None:
        if not self._connected():
            raise StreamError("the engine is closed")
