"""Follows the chosen source: subscribes to what it needs and to nothing else, and hands over its
pictures and its sound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from livekit import rtc

from agent.picture.frame_stream import FrameStream
from agent.picture.ingress_state import IngressState, ingress_states
from agent.picture.liveness import Received
from agent.picture.picture import Picture, from_event
from agent.picture.published import CHANGES, Track, published
from agent.picture.source_choice import Choice
from config.log import always
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.source")

LOOK_INTERVAL = 1.0
"""Seconds until the room is looked at again where nothing happens: trials end and begin."""

SOUND_QUEUE = 100
"""Pieces of sound (10 ms each) that may wait for us: a second."""

TRUSTED_AGE = 1.0
"""LiveKit stamps frames with CLOCK_MONOTONIC; a stamp further than this from now is of another
clock.
"""

SMALLEST = 16
"""Pixels. LiveKit's server ends a track with a few black pictures of 8 x 8."""

CLOSE_TIMEOUT = 5.0
STATS_TIMEOUT = 1.0

_Take = Callable[[Any], None]
"""Takes each event of a stream."""


class _Reader(NamedTuple):
    """How a track is read; both are None until it is there."""

    track: rtc.Track | None = None
    task: asyncio.Task[None] | None = None


class Source:
    """The video track being watched, and the sound of the same participant.

    `on_picture` and `on_sound` are called on the event loop for every frame, and `on_model_picture`
    for those of the small second picture that an ingress may publish; `on_change` with the new
    identity ("" for none) whenever another participant is watched, or another track of it, before
    its first picture.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        on_picture: Callable[[Picture], None],
        on_model_picture: Callable[[Picture], None],
        on_sound: Callable[[rtc.AudioFrame, float], None],
        on_change: Callable[[str], None],
        tell: Tell,
        has_key: bool = False,
    ) -> None:
        """`tell` as in `Tasks`; `has_key`: the room was joined with a key for what is encrypted."""
        self._room = room
        self._on_picture = on_picture
        self._on_model_picture = on_model_picture
        self._on_sound = on_sound
        self._on_change = on_change
        self._tasks = Tasks(tell)
        self._has_key = has_key
        self._choice = Choice()
        self._published: dict[Track, rtc.RemoteTrackPublication] = {}
        self._readers: dict[str, _Reader] = {}
        self._last_capture = 0.0
        self.watched: Track | None = None
        self.wanted = ""
        """Identity of the one to watch, or identity/track, there or not; "": the newest camera."""
        self.passed_over = ""
        """Who would be watched but cannot be seen, and why, one line; "" for nobody."""

    @property
    def identity(self) -> str:
        """Identity of the participant that is watched; "" for none."""
        return self.watched.identity if self.watched else ""

    def start(self, wanted: str) -> None:
        """Begin to follow; `wanted` as in `Choice`."""
        for event in CHANGES:
            self._room.on(event, self._look)
        self._room.on("participant_disconnected", self._left)
        self.want(wanted)
        self._tasks.keep("the choice of the source", self._keep_looking)

    def want(self, identity: str) -> None:
        """Watch this participant from now on; "" for the newest camera."""
        self.wanted = identity
        self._look()

    async def aclose(self) -> None:
        """Stop following and wait until every stream is closed. Idempotent."""
        for event in CHANGES:
            self._room.off(event, self._look)
        self._room.off("participant_disconnected", self._left)
        self._readers.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._tasks.aclose()

    def states(self) -> dict[str, IngressState]:
        """What each ingress in the room says of itself, by identity."""
        return ingress_states(self._room)

    async def received(self) -> Received | None:
        """What LiveKit has received of the watched track so far; None: it does not say."""
        track = self._readers.get(self.watched.sid if self.watched else "", _Reader()).track
        if track is None:
            return None
        try:
            async with asyncio.timeout(STATS_TIMEOUT):
                stats = await track.get_stats()
        except Exception as error:  # LiveKit raises a bare one when there are none
            log.debug("no statistics of %s: %s", self.identity, error)
            return None
        found = [one.inbound_rtp.inbound for one in stats if one.HasField("inbound_rtp")]
        return Received(found[0].bytes_received, found[0].frames_decoded) if found else None

    def renew(self) -> None:
        """Subscribe to the picture anew: it should be there and does not come."""
        if self.watched and self.watched.sid in self._readers:
            log.info("no picture from %s: subscribing anew", self.identity)
            self._stop_reading(self.watched.sid)
            self._published[self.watched].set_subscribed(False)
            self._published[self.watched].set_subscribed(True)

    def give_up(self) -> None:
        """Watch another one soon if there is any: the watched track brings no picture."""
        self._choice.give_up(time.monotonic())

    def later(self, capture: float) -> float:
        """The capture time to give to a picture that came at `capture`: later than that of the one
        before.

        Encoders and the hold need strictly increasing times, whatever a publisher's clock does.
        """
        self._last_capture = max(capture, self._last_capture + 0.001)
        return self._last_capture

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(LOOK_INTERVAL)
            self._look()

    def _left(self, participant: rtc.RemoteParticipant) -> None:
        if participant.disconnect_reason == rtc.DisconnectReason.CLIENT_INITIATED:
            self._choice.newest.left(participant.identity, time.monotonic())

    def _look(self, *_: object) -> None:
        """Look anew at what is in the room, and do what follows."""
        self._published = published(self._room, self._has_key)
        before = self.watched
        away = {identity for identity, state in self.states().items() if state.away}
        self.watched, beside, self.passed_over = self._choice.look(
            list(self._published), self.wanted, time.monotonic(), away
        )
        if self._is_another(before):
            watched = self.identity or "nobody: no camera in the room"
            always(source=self.identity)
            log.info("watching %s", watched)
            self._on_change(self.identity)
        self._follow(self._needed(beside))

    def _is_another(self, before: Track | None) -> bool:
        """Whether another participant is watched than before, or another one of its tracks, not one
        that has come in the place of that.
        """
        if before is None or self.watched is None or before.identity != self.watched.identity:
            return before is not self.watched
        there = {one.sid for one in self._published}
        return before.sid != self.watched.sid and before.sid in there

    def _needed(self, beside: Track | None) -> dict[str, _Take]:
        """The sids of the tracks to read, and who takes what comes of each."""
        tracks = [one for one in (self.watched, beside) if one and not one.barrier]
        needed: dict[str, _Take] = {one.sid: partial(self._take, one.sid) for one in tracks}
        if self.watched in tracks:
            for kind, take in (("sound", self._take_sound), ("small", self._take_small)):
                for track in self._published:
                    if track.kind == kind and track.identity == self.identity:
                        needed[track.sid] = take
                        break
        return needed

    def _follow(self, needed: dict[str, _Take]) -> None:
        """Leave what is needed no more and take what is; a track may have come back as another
        object.
        """
        publications = {track.sid: one for track, one in self._published.items()}
        for sid in self._readers.keys() - needed.keys():
            self._stop_reading(sid)
            del self._readers[sid]
            if sid in publications:
                publications[sid].set_subscribed(False)
        for sid, take in needed.items():
            track = publications[sid].track
            if sid not in self._readers or self._readers[sid].track is not track:
                self._stop_reading(sid)
                if track:
                    self._read(publications[sid], track, take)
            if track is None:
                publications[sid].set_subscribed(True)

    def _read(self, publication: rtc.RemoteTrackPublication, track: rtc.Track, take: _Take) -> None:
        async def read() -> None:
            stream: FrameStream | rtc.AudioStream
            if track.kind == rtc.TrackKind.KIND_VIDEO:
                stream = FrameStream(track)
            else:
                stream = rtc.AudioStream(
                    track, sample_rate=48_000, num_channels=1, capacity=SOUND_QUEUE
                )
            try:
                async for event in stream:
                    take(event)
            finally:
                await asyncio.shield(stream.aclose())

        if publication.simulcasted:
            publication.set_video_quality(rtc.VideoQuality.VIDEO_QUALITY_HIGH)
        task = self._tasks.keep(f"reading a track of {self.identity}", read)
        self._readers[publication.sid] = _Reader(track, task)

    def _stop_reading(self, sid: str) -> None:
        """What is subscribed to stays noted."""
        if task := self._readers.get(sid, _Reader()).task:
            task.cancel()
        self._readers[sid] = _Reader()

    def _take(self, sid: str, event: rtc.VideoFrameEvent) -> None:
        if min(event.frame.width, event.frame.height) < SMALLEST:
            return
        if sid not in self._choice.seen:
            self._choice.brings(sid)
            self._look()  # it may be watched from this picture on
        if self.watched and self.watched.sid == sid:
            self._on_picture(from_event(event, self.later(_capture_time(event))))

    def _take_small(self, event: rtc.VideoFrameEvent) -> None:
        self._on_model_picture(from_event(event, _capture_time(event)))

    def _take_sound(self, event: rtc.AudioFrameEvent) -> None:
        self._on_sound(event.frame, time.monotonic())


def _capture_time(event: rtc.VideoFrameEvent) -> float:
    now = time.monotonic()
    stamp = event.timestamp_us / 1_000_000
    return stamp if abs(now - stamp) < TRUSTED_AGE else now
