"""The microphones of the people in a room: which are listened to, and their sound."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from livekit import rtc

from agent.hearing.push_to_talk import is_microphone
from agent.hearing.utterance import SAMPLE_RATE, WINDOW_BYTES, WINDOW_SECONDS
from agent.picture.published import CHANGES
from agent.room.audience import MACHINES
from agent.room.room import Room
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.hearing")

MOST = 8
"""Microphones that are open at once."""
TURN = 10.0
"""Seconds for which one stays open where others wait and nothing is said into it."""
LOOK_INTERVAL = 1.0
QUEUE = 64
"""Windows that may wait for us: two seconds."""
CLOSE_TIMEOUT = 5.0


@dataclass(slots=True, eq=False)
class Microphone:
    """One that is published. `since`: when it was opened, monotonic seconds, None while it is not;
    `voice`: when something was last said into it; `track`: what `task` reads.
    """

    identity: str
    publication: rtc.RemoteTrackPublication
    held: bool = False
    since: float | None = None
    voice: float = float("-inf")
    track: rtc.Track | None = None
    task: asyncio.Task[None] | None = None

    def busy(self, now: float) -> bool:
        """Whether it keeps its place."""
        return self.since is not None and now - max(self.since, self.voice) < TURN


def choose(microphones: Iterable[Microphone], now: float) -> list[Microphone]:
    """The MOST that are to be open: who holds the button, then who is not muted; of these first who
    speaks or was opened a moment ago, then who waits, and last who has been open longest.
    """

    def rank(one: Microphone) -> tuple[bool, bool, bool, float]:
        opened = float("inf") if one.since is None else one.since
        return (not one.held, one.publication.muted, not one.busy(now), -opened)

    return sorted(microphones, key=rank)[:MOST]


class Microphones:
    """Subscribes to the chosen ones and hands over their sound.

    `hear(identity, window)` is called on the event loop for every WINDOW_BYTES, `gone(identity)`
    when no more comes: muted, closed, or its owner left.
    """

    def __init__(
        self,
        room: Room,
        *,
        hear: Callable[[str, bytes], None],
        gone: Callable[[str], None],
        holds: Callable[[str], bool],
        watched: Callable[[], str],
        has_key: bool,
        tell: Tell,
    ) -> None:
        """`holds(identity)`: whether it holds the button. `watched()`: identity of the source, to
        which others are subscribed too. `has_key`: for what is encrypted.
        """
        self._room = room
        self._hear = hear
        self._gone = gone
        self._holds = holds
        self._watched = watched
        self._has_key = has_key
        self._tasks = Tasks(tell)
        self._open: dict[str, Microphone] = {}
        self._listening = False

    def start(self) -> None:
        """Begin to look after the room; nothing is opened before `listen`."""
        for event in CHANGES:
            self._room.on(event, self.look)
        self._tasks.keep("the choice of microphones", self._keep_looking)

    def listen(self, on: bool) -> None:
        """Whether microphones are to be open."""
        self._listening = on
        self.look()

    def spoken(self, identity: str) -> None:
        """Something was said into the microphone of this one."""
        for one in self._open.values():
            if one.identity == identity:
                one.voice = time.monotonic()

    async def aclose(self) -> None:
        """Close all of them and wait. Idempotent."""
        for event in CHANGES:
            self._room.off(event, self.look)
        self._listening = False
        self._open.clear()
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._tasks.aclose()
        except TimeoutError:
            log.warning("a microphone could not be closed within %g s", CLOSE_TIMEOUT)

    def look(self, *_: object) -> None:
        """Look anew at what is in the room, and do what follows."""
        there = self._published()
        chosen = choose(there, time.monotonic()) if self._listening else []
        wanted = {one.publication.sid: one for one in chosen}
        published = {one.publication.sid for one in there}
        before, self._open = self._open, wanted
        for sid in before.keys() - wanted.keys():
            self._leave(before[sid], still_there=sid in published)
        for one in chosen:
            self._follow(one)

    def _published(self) -> list[Microphone]:
        """The microphones of people that can be heard, one each."""
        found: dict[str, Microphone] = {}
        for person in self._room.remote_participants.values():
            for publication in person.track_publications.values():
                encrypted = publication.encryption_type != rtc.EncryptionType.NONE
                if (
                    person.kind in MACHINES
                    or not is_microphone(publication)
                    or (encrypted and not self._has_key)
                ):
                    continue
                new = Microphone(person.identity, publication)
                one = self._open.get(publication.sid, new)
                one.publication, one.held = publication, self._holds(person.identity)
                found.setdefault(person.identity, one)
        return list(found.values())

    def _follow(self, one: Microphone) -> None:
        track = one.publication.track
        if one.since is None:
            one.since = time.monotonic()
        if track is None:
            one.publication.set_subscribed(True)
        if one.track is not track:
            if one.task:
                one.task.cancel()
            one.track, one.task = track, None
            if track:
                name = f"the microphone of {one.identity}"
                one.task = self._tasks.keep(name, lambda: self._read(one, track))
        if one.publication.muted:
            self._gone(one.identity)

    def _leave(self, one: Microphone, *, still_there: bool) -> None:
        if one.task:
            one.task.cancel()
        if still_there and one.identity != self._watched():
            one.publication.set_subscribed(False)
        self._gone(one.identity)

    async def _read(self, one: Microphone, track: rtc.Track) -> None:
        stream = rtc.AudioStream(
            track,
            sample_rate=SAMPLE_RATE,
            num_channels=1,
            capacity=QUEUE,
            frame_size_ms=round(WINDOW_SECONDS * 1000),
        )
        rest = bytearray()
        try:
            async for event in stream:
                rest += _pcm(event)
                while len(rest) >= WINDOW_BYTES:
                    window = bytes(rest[:WINDOW_BYTES])
                    del rest[:WINDOW_BYTES]
                    self._hear(one.identity, window)
        finally:
            await asyncio.shield(stream.aclose())

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_INTERVAL)
            self.look()


def _pcm(event: Any) -> bytes:
    return bytes(event.frame.data.cast("b"))
