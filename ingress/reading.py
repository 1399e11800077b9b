"""Reads one address for ever: attempt after attempt, each in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from config.tasks import Tasks
from ingress.backoff import Backoff
from ingress.lifecycle import Lifecycle
from ingress.reader.messages import (
    Failed,
    FailureKind,
    Message,
    Note,
    Opened,
    Order,
    RawPicture,
    Request,
    Sound,
    Unit,
)
from ingress.reader.process import ReaderProcess
from ingress.watchdog import Watchdog

log = logging.getLogger("pressbox.ingress")

TICK = 0.2
"""Seconds between two looks at the watchdog and at the wishes of those who watch."""

BITRATE_STEP = 0.25
"""Part by which a wish must differ from what the encoder runs at: each change costs a keyframe."""

Start = Callable[[Request], Awaitable[ReaderProcess]]


class Listener(Protocol):
    """Who takes what is read; all is called on the event loop and must not wait."""

    def picture(self, picture: Unit | RawPicture) -> None:
        """A picture came."""

    async def sound(self, sound: Sound) -> None:
        """Sound came."""

    def changed(self) -> None:
        """The state has changed, or what is known about the source."""

    def wishes(self) -> Order:
        """Wishes since the last call."""


class Reading:
    """The loop of one address, with everything that is known about it."""

    def __init__(
        self,
        request: Request,
        listener: Listener,
        *,
        stall_after: float,
        ends: bool = False,
        start_reader: Start = ReaderProcess.start,
    ) -> None:
        """ends: the source may be over for good, as a file is that does not begin again."""
        now = time.monotonic()
        self._request = request
        self._listener = listener
        self._ends = ends
        self._start_reader = start_reader
        self._backoff = Backoff()
        self._woken = asyncio.Event()
        self._tasks = Tasks(log.warning)
        self._held = False
        self._skipped_before = 0
        self.reader: ReaderProcess | None = None
        self.watchdog = Watchdog(stall_after, now)
        self.lifecycle = Lifecycle(now)
        self.opened: Opened | None = None
        self.note = Note()
        self.size = (0, 0)
        self.frames = 0
        self.byte_count = 0

    @property
    def skipped(self) -> int:
        """Pictures that readers have left out because they had fallen behind."""
        return self._skipped_before + self.note.skipped

    def start(self, name: str) -> None:
        """Begin; name is for the task."""
        self._tasks.keep(f"reading {name}", self._run)

    def wake(self) -> None:
        """Try at once what is waiting or has stopped."""
        self._held = False
        self._backoff.reset()
        self._woken.set()

    def hold(self, text: str) -> None:
        """Stop reading until `wake`."""
        if self._held:
            return
        self._held = True
        self._woken.clear()
        self.lifecycle.stopped(text, time.monotonic())
        if self.reader:
            self.reader.give_up("ended", text)

    async def aclose(self) -> None:
        """End the reader and the loop. Idempotent."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        while True:
            if self._held:
                await self._pause(None)
                continue
            self.lifecycle.attempt(time.monotonic())
            self._listener.changed()
            try:
                failed = await self._attempt()
            except Exception as error:  # livekit.rtc raises whatever it likes
                log.exception("reading failed")
                failed = Failed("internal", f"reading failed ({type(error).__name__})")
            self.reader = None
            now = time.monotonic()
            self._skipped_before += self.note.skipped
            self.note = Note(self.note.way, self.note.why)
            if self.lifecycle.reading == "stopped":
                continue
            if self._ends and failed.kind == "ended" and self.watchdog.first is not None:
                self.hold("the file is over")
                self._listener.changed()
                continue
            wait = self._backoff.wait(failed.kind, self.watchdog.lived)
            self.lifecycle.failed(failed.kind, failed.text, now, wait=wait)
            self._listener.changed()
            await self._pause(wait)

    async def _pause(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    async def _attempt(self) -> Failed:
        """One reader from its start to its end, which says why."""
        self.watchdog.attempt(time.monotonic())
        try:
            reader = await self._start_reader(self._request)
        except OSError as error:
            return Failed("internal", f"no reader can be started: {error.strerror}")
        # Its start may have been a long wait, for somebody who pushes.
        self.watchdog.attempt(time.monotonic())
        self.reader = reader
        watch = asyncio.create_task(self._watched(reader), name="ingress.watch")
        try:
            async with contextlib.aclosing(reader.messages()) as messages:
                async for message in messages:
                    if isinstance(message, Failed):
                        return message
                    await self._take(message)
            return Failed("internal", "the reader said nothing more")
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            await reader.aclose()

    async def _take(self, message: Message) -> None:
        if isinstance(message, Unit | RawPicture):
            if self.watchdog.first is None and isinstance(message, Unit) and not message.key:
                return  # it belongs to pictures that nobody here has seen
            now = time.monotonic()
            size = len(message.data)
            self.watchdog.picture(now, size)
            self.size = (message.width, message.height)
            self.frames += 1
            self.byte_count += size
            state = self.lifecycle.state
            self.lifecycle.picture(now)
            if self.lifecycle.state != state:
                self._listener.changed()
            self._listener.picture(message)
        elif isinstance(message, Sound):
            await self._listener.sound(message)
        elif isinstance(message, Opened):
            self.opened = message
            self.note = Note(message.way, message.why)
            self._listener.changed()
        elif isinstance(message, Note):
            if message.listening:
                self.watchdog.attempt(time.monotonic())
            elif message.remark:
                self.watchdog.waits(time.monotonic())
            way, why = (message if message.way else self.note).way, message.why or self.note.why
            note = replace(message, way=way, why=why)
            if note != self.note:
                self.note = note
                self._listener.changed()

    async def _watched(self, reader: ReaderProcess) -> None:
        """Nothing is read that nobody watches over."""
        try:
            await self._watch(reader)
        except Exception as error:
            log.exception("the watchdog failed")
            reader.give_up("internal", f"the watchdog failed ({type(error).__name__})")

    async def _watch(self, reader: ReaderProcess) -> None:
        while True:
            await asyncio.sleep(TICK)
            wishes = self._listener.wishes()
            runs_at = self.note.bitrate
            if abs(wishes.bitrate - runs_at) <= BITRATE_STEP * runs_at or not runs_at:
                wishes = Order(wishes.key)
            if wishes.key or wishes.bitrate:
                reader.order(wishes)
            now = time.monotonic()
            verdict = self.watchdog.verdict(now)
            silent = self.watchdog.silent(now)
            if verdict == "stalled" and self.lifecycle.reading == "live":
                self.lifecycle.stalled(f"no picture for {silent:.0f} s", now)
                self._listener.changed()
            elif verdict == "dead":
                kind, text = self._silence(silent)
                reader.give_up(kind, text)

    def _silence(self, silent: float) -> tuple[FailureKind, str]:
        if self.watchdog.first is not None:
            return "no_answer", f"no picture for {silent:.0f} s"
        if self.opened is None:
            return "no_answer", f"no answer within {silent:.0f} s"
        return "no_answer", f"it answers, but no picture comes within {silent:.0f} s"
