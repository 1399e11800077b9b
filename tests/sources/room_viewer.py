"""A real subscriber that watches and hears every source of a room, and writes down what came."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import numpy as np
from livekit import rtc

from agent.picture.frame_stream import FrameStream
from tests.support import burnt_clock
from tests.support.burnt_clock import Burnt
from tests.support.livekit_server import LiveKitServer
from tests.support.onsets import Burst, BurstDetector
from tests.support.sample_clock import SampleClock

RATE = 48_000


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture: when it came (monotonic s), its size, and the clock in it."""

    received: float
    width: int
    height: int
    burnt: Burnt | None

    @property
    def age(self) -> float:
        """Seconds since it was drawn; NaN where no clock can be read."""
        return burnt_clock.age(self.burnt, self.received) if self.burnt else float("nan")


@dataclass(slots=True)
class Seen:
    """What came from one participant. sids: its own, of all times that it had a track here; tracks:
    the sids of all these tracks.
    """

    sids: list[str] = field(default_factory=list)
    tracks: list[str] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    bursts: list[Burst] = field(default_factory=list)
    attributes: list[dict[str, str]] = field(default_factory=list)

    @property
    def clocked(self) -> list[Frame]:
        """The pictures whose clock can be read."""
        return [frame for frame in self.frames if frame.burnt]

    def age(self, last: int = 20) -> float:
        """Median age in seconds of the last pictures with a clock; NaN for none."""
        ages = [frame.age for frame in self.clocked[-last:]]
        return median(ages) if ages else float("nan")

    def pace(self) -> float:
        """Seconds of the picture's own clock that go by in a second; for files, which may begin
        again meanwhile. NaN for none.
        """
        shown = lasted = 0.0
        for before, after in pairwise(self.clocked):
            if before.burnt and after.burnt and after.burnt.time > before.burnt.time:
                shown += after.burnt.time - before.burnt.time
                lasted += after.received - before.received
        return shown / lasted if lasted else float("nan")

    def offsets(self, since: float = 0.0) -> list[float]:
        """Seconds that each beep heard after `since` (monotonic s) comes behind its picture, of a
        camera that beeps at each whole second of its clock; known up to whole seconds only.
        """
        frames = self.clocked
        times = np.array([frame.received for frame in frames])
        found = []
        for burst in self.bursts if frames else []:
            near = int(np.argmin(np.abs(times - burst.start)))
            if burst.start > since and abs(times[near] - burst.start) < 1.0:
                found.append((burst.start - frames[near].age + 0.5) % 1.0 - 0.5)
        return found

    def sync(self) -> float:
        """The median of the last `offsets`; NaN for none."""
        last = self.offsets()[2:][-5:]
        return median(last) if last else float("nan")

    def since(self, moment: float) -> list[Frame]:
        """Pictures with a clock that were drawn after this moment (monotonic s)."""
        return [frame for frame in self.clocked if frame.received - frame.age >= moment]


class RoomViewer:
    """Made by `viewing`."""

    def __init__(self) -> None:
        self.room = rtc.Room()
        self.seen: dict[str, Seen] = {}
        self.wrong: list[str] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leaving = False
        self.room.on("track_subscribed", self._subscribed)
        self.room.on("track_unsubscribed", self._unsubscribed)
        self.room.on("participant_connected", self._came)
        self.room.on("participant_attributes_changed", self._attributes)

    def of(self, identity: str) -> Seen:
        """What came from this participant."""
        return self.seen.setdefault(identity, Seen())

    async def join(self, url: str, token: str) -> None:
        """Joins and subscribes to everything."""
        await asyncio.wait_for(self.room.connect(url, token), 15)
        for participant in self.room.remote_participants.values():
            self._came(participant)

    async def until(
        self, true: Callable[[], bool], what: Callable[[], object] | str, limit: float = 30.0
    ) -> None:
        """Waits until `true()`. Raises AssertionError."""
        end = time.monotonic() + limit
        while not true():
            if time.monotonic() > end:
                said = what() if callable(what) else what
                raise AssertionError(f"not within {limit} s: {said}; {self.summary()}")
            await asyncio.sleep(0.05)

    def summary(self) -> str:
        """How much came from each."""
        return ", ".join(
            f"{name}: {len(one.clocked)}/{len(one.frames)} pictures {len(one.bursts)} beeps"
            for name, one in self.seen.items()
        )

    async def aclose(self) -> None:
        """Leaves and ends every task. Idempotent."""
        self._leaving = True
        tasks, self._tasks = self._tasks, {}
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        await self.room.disconnect()

    def _came(self, participant: rtc.RemoteParticipant) -> None:
        self.of(participant.identity).attributes.append(dict(participant.attributes))

    def _attributes(self, changed: dict[str, str], participant: rtc.Participant) -> None:
        self.of(participant.identity).attributes.append(dict(changed))

    def _subscribed(
        self,
        track: rtc.Track,
        publication: rtc.RemoteTrackPublication,
        participant: rtc.RemoteParticipant,
    ) -> None:
        seen = self.of(participant.identity)
        if participant.sid not in seen.sids:
            seen.sids.append(participant.sid)
        if publication.sid not in seen.tracks:
            seen.tracks.append(publication.sid)
        work = self._watch if track.kind == rtc.TrackKind.KIND_VIDEO else self._listen
        name = f"viewer.{publication.name}.{participant.identity}"
        task = asyncio.create_task(work(track, seen), name=name)
        self._tasks[track.sid] = task
        task.add_done_callback(self._ended)

    def _unsubscribed(
        self, track: rtc.Track, _: rtc.RemoteTrackPublication, __: rtc.RemoteParticipant
    ) -> None:
        # A stream does not end with its track, and is given what other streams get.
        task = self._tasks.pop(track.sid, None)
        if task:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) and not self._leaving:
            self.wrong.append(f"{task.get_name()}: {error!r}")

    async def _watch(self, track: rtc.Track, seen: Seen) -> None:
        stream = FrameStream(track)
        try:
            async for event in stream:
                frame, now = event.frame, time.monotonic()
                luma = np.frombuffer(frame.data, np.uint8, frame.width * frame.height)
                burnt = burnt_clock.read(luma.reshape(frame.height, frame.width))
                seen.frames.append(Frame(now, frame.width, frame.height, burnt))
        finally:
            await asyncio.shield(stream.aclose())

    async def _listen(self, track: rtc.Track, seen: Seen) -> None:
        stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1, capacity=200)
        clock, detector = SampleClock(RATE), BurstDetector(RATE)
        try:
            async for event in stream:
                samples = np.frombuffer(event.frame.data, np.int16)
                begin = clock.place(len(samples), time.monotonic())
                seen.bursts += detector.push(samples, begin)
        finally:
            await asyncio.shield(stream.aclose())


@asynccontextmanager
async def viewing(server: LiveKitServer, room: str) -> AsyncIterator[RoomViewer]:
    """A viewer in a room."""
    viewer = RoomViewer()
    try:
        await viewer.join(server.url, server.token(room, "viewer", publish=False))
        yield viewer
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(viewer.aclose(), 10)
