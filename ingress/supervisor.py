"""Reads one address for ever: attempt after attempt, each in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from config.tasks import Tasks
from ingress.backoff import Backoff
from ingress.lifecycle import Lifecycle
from ingress.reader.messages import (
    Failed,
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
from ingress.report import SourceReport, unix_time
from ingress.watchdog import Watchdog

log = logging.getLogger("pressbox.ingress")

TICK = 0.2
"""Seconds between two looks at the watchdog and at the wishes of those who watch."""

BITRATE_STEP = 0.25
"""Part by which a wish must differ from what the encoder runs at: each change costs a keyframe."""

SILENT = 10.0
"""Seconds without a sound, where there should be one, that are told."""

Start = Callable[[Request], Awaitable[ReaderProcess]]


def nobody(_: object) -> None:
    """Takes what nobody wants."""


class Supervisor:
    """The loop of one address, with everything that is known about it."""

    def __init__(
        self,
        request: Request,
        *,
        stall_after: float,
        changed: Callable[[], None],
        show: Callable[[Unit], None] = nobody,
        show_raw: Callable[[RawPicture], None] = nobody,
        play: Callable[[Sound], None] = nobody,
        wishes: Callable[[], Order] = Order,
        ends: bool = False,
        start_reader: Start = ReaderProcess.start,
    ) -> None:
        """ends: the source may be over for good, as a file is that does not begin again. All others
        are called on the event loop and must not wait: changed: with the state, or with what is
        known about the source; wishes: for what was wished since the last call.
        """
        now = time.monotonic()
        self._request = request
        self._changed = changed
        self._show, self._show_raw, self._play = show, show_raw, play
        self._wishes = wishes
        self._ends = ends
        self._start_reader = start_reader
        self._backoff = Backoff()
        self._woken = asyncio.Event()
        self._tasks = Tasks(log.warning)
        self._held = False
        self._reader: ReaderProcess | None = None
        self._watchdog = Watchdog(stall_after, now)
        self._opened: Opened | None = None
        self._note = Note()
        self._size = (0, 0)
        self._frames = self._byte_count = self._skipped_before = 0
        self._heard = now
        self.lifecycle = Lifecycle(now)

    def report(self, base: SourceReport) -> SourceReport:
        """`base` with all that is known."""
        report, note, opened = self.lifecycle.report(base), self._note, self._opened
        now = time.monotonic()
        fps, bitrate = self._watchdog.rates(now)
        return replace(
            report,
            error=report.error or note.remark or self._sound_error(now),
            codec=opened.codec if opened else "",
            sound=opened.sound if opened else "",
            width=self._size[0],
            height=self._size[1],
            fps=round(fps, 1),
            bitrate=bitrate,
            encoder=note.bitrate,
            way=note.way,
            why=note.why,
            frozen=unix_time(note.frozen),
            skipped=self._skipped_before + note.skipped,
            frames=self._frames,
            byte_count=self._byte_count,
        )

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
        if self._reader:
            self._reader.give_up("ended", text)

    def waits(self, text: str) -> None:
        """The reader is not started yet, and that is no fault."""
        self.lifecycle.waits(text, time.monotonic())
        self._changed()

    async def aclose(self) -> None:
        """End the reader and the loop. Idempotent."""
        await self._tasks.aclose()
        self.lifecycle.stopped("", time.monotonic())

    async def _run(self) -> None:
        while True:
            if self._held:
                await self._pause(None)
                continue
            self.lifecycle.attempt(time.monotonic())
            self._changed()
            try:
                failed = await self._attempt()
            except Exception as error:  # livekit.rtc raises whatever it likes
                log.exception("reading failed")
                failed = Failed("internal", f"reading failed ({type(error).__name__})")
            self._reader = None
            self._skipped_before += self._note.skipped
            self._note = Note(self._note.way, self._note.why)
            if self.lifecycle.reading == "stopped":
                continue
            if self._ends and failed.kind == "ended" and self._watchdog.first is not None:
                self.hold("the file is over")
                self._changed()
                continue
            wait = self._backoff.wait(failed.kind, self._watchdog.lived)
            self.lifecycle.failed(failed.kind, failed.text, time.monotonic(), wait=wait)
            self._changed()
            await self._pause(wait)

    async def _pause(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    async def _attempt(self) -> Failed:
        """One reader from its start to its end, which says why."""
        self._watchdog.attempt(time.monotonic())
        try:
            reader = await self._start_reader(self._request)
        except OSError as error:
            return Failed("internal", f"no reader can be started: {error.strerror}")
        # Its start may have been a long wait, for somebody who pushes.
        self._watchdog.attempt(time.monotonic())
        self._reader = reader
        watch = asyncio.create_task(self._watched(reader), name="ingress.watch")
        try:
            async with contextlib.aclosing(reader.messages()) as messages:
                async for message in messages:
                    if isinstance(message, Failed):
                        return message
                    self._take(message)
            return Failed("internal", "the reader said nothing more")
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            await reader.aclose()

    def _take(self, message: Message) -> None:
        if isinstance(message, Unit):
            if message.key or self._watchdog.first is not None:  # else nobody has seen its keyframe
                self._count(message)
                self._show(message)
        elif isinstance(message, RawPicture):
            self._count(message)
            self._show_raw(message)
        elif isinstance(message, Sound):
            self._heard = message.arrived
            self._play(message)
        elif isinstance(message, Opened):
            self._opened, self._note = message, Note(message.way, message.why)
            self._size = self._size if any(self._size) else (message.width, message.height)
            self._changed()
        elif isinstance(message, Note):
            self._hear(message)

    def _count(self, picture: Unit | RawPicture) -> None:
        now, state = time.monotonic(), self.lifecycle.state
        if self._watchdog.first is None:
            self._heard = now  # sound may take as long again
        self._watchdog.picture(now, len(picture.data))
        self._size = (picture.width, picture.height)
        self._frames += 1
        self._byte_count += len(picture.data)
        self.lifecycle.picture(now)
        if self.lifecycle.state != state:
            self._changed()

    def _hear(self, note: Note) -> None:
        if note.listening:
            self._watchdog.attempt(time.monotonic())
        elif note.remark:
            self._watchdog.waits(time.monotonic())
        before = self._note
        self._note = replace(note, way=note.way or before.way, why=note.why or before.why)
        if self._note != before:
            self._changed()

    async def _watched(self, reader: ReaderProcess) -> None:
        """Nothing is read that nobody watches over."""
        try:
            while True:
                await asyncio.sleep(TICK)
                self._pass_on(self._wishes(), reader)
                self._look(reader)
        except Exception as error:
            log.exception("the watchdog failed")
            reader.give_up("internal", f"the watchdog failed ({type(error).__name__})")

    def _pass_on(self, wishes: Order, reader: ReaderProcess) -> None:
        runs_at = self._note.bitrate
        if abs(wishes.bitrate - runs_at) <= BITRATE_STEP * runs_at or not runs_at:
            wishes = Order(wishes.key)
        if wishes.key or wishes.bitrate:
            reader.order(wishes)

    def _look(self, reader: ReaderProcess) -> None:
        now = time.monotonic()
        verdict, silent = self._watchdog.verdict(now), self._watchdog.silent(now)
        if verdict == "stalled" and self.lifecycle.reading == "live":
            self.lifecycle.stalled(f"no picture for {silent:.0f} s", now)
            self._changed()
        elif verdict == "dead":
            text = "no picture for" if self._watchdog.first is not None else "no answer within"
            if self._watchdog.first is None and self._opened:
                text = "it answers, but no picture comes within"
            reader.give_up("no_answer", f"{text} {silent:.0f} s")

    def _sound_error(self, now: float) -> str:
        sound = self._opened.sound if self._opened else ""
        if not sound or self.lifecycle.reading != "live":
            return ""
        if sound == "refused":
            return "it refuses its sound"
        return f"no sound comes of its {sound}" if now - self._heard > SILENT else ""
