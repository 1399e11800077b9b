"""Follows the chosen source: subscribes to what it needs and to nothing else, and hands over its
pictures and its sound.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine

from livekit import rtc
from livekit.rtc.room import EventTypes

from agent.picture.frame_stream import FrameStream
from agent.picture.liveness import Received
from agent.picture.picture import Picture, from_event
from agent.picture.published import companions, publication_of, videos
from agent.picture.source_choice import Choice, Track
from config.tasks import Tasks, Tell

_Read = Callable[[rtc.Track], Coroutine[None, None, None]]

log = logging.getLogger("pressbox.source")

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


class Source:
    """The video track being watched, and the sound of the same participant.

    `on_picture` and `on_sound` are called on the event loop for every frame, and `on_model_picture`
    for those of the small second picture that an ingress may publish; `on_change` with the new
    identity ("" for none) whenever another participant is watched, before its first picture.
    """

    _EVENTS: tuple[EventTypes, ...] = (
        "track_published",
        "track_unpublished",
        "track_muted",
        "track_unmuted",
        "track_subscribed",
        "track_unsubscribed",
        "participant_connected",
        "reconnected",
    )

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
        self._watched: Track | None = None
        self._wanted_tracks: dict[str, _Read] = {}
        self._readers: dict[str, tuple[rtc.Track, asyncio.Task[None]]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._last_capture = 0.0
        self.identity = ""
        """Identity of the participant that is watched; "" for none."""
        self.wanted = ""
        """Identity of the one to watch, there or not; "" for the newest camera."""
        self.passed_over = ""
        """Who would be watched but cannot be seen, and why, one line; "" for nobody."""

    def start(self, wanted: str) -> None:
        """Begin to follow; `wanted` as in `Choice`."""
        for event in self._EVENTS:
            self._room.on(event, self._look)
        self._room.on("participant_disconnected", self._left)
        self.want(wanted)

    def want(self, identity: str) -> None:
        """Watch this participant from now on; "" for the newest camera."""
        self.wanted = identity
        self._look()

    @property
    def muted(self) -> bool:
        """Whether the watched track is switched off at its publisher."""
        return self._watched is not None and self._watched.muted

    @property
    def screen(self) -> bool:
        """Whether a shared screen is watched."""
        return self._watched is not None and self._watched.screen

    @property
    def barrier(self) -> str:
        """Why the watched track can never be seen here; "" where it may be."""
        return self._watched.barrier if self._watched else ""

    @property
    def encrypted(self) -> bool:
        """Whether the watched track is encrypted end to end."""
        return self._watched is not None and self._watched.encrypted

    async def aclose(self) -> None:
        """Stop following and wait until every stream is closed. Idempotent."""
        for event in self._EVENTS:
            self._room.off(event, self._look)
        self._room.off("participant_disconnected", self._left)
        if self._timer:
            self._timer.cancel()
        self._readers.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._tasks.aclose()

    async def received(self) -> Received | None:
        """What LiveKit has received of the watched track so far; None: it does not say."""
        if self._watched is None or self._watched.sid not in self._readers:
            return None
        track, _ = self._readers[self._watched.sid]
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
        sid = self._watched.sid if self._watched else ""
        publication = publication_of(self._room, sid)
        if publication is not None and sid in self._wanted_tracks:
            log.info("no picture from %s: subscribing anew", self.identity)
            self._stop_reader(sid)
            publication.set_subscribed(False)
            publication.set_subscribed(True)

    def give_up(self) -> None:
        """Watch another one if there is any: the watched track brings no picture."""
        self._choice.give_up(time.monotonic())
        self._look()

    def later(self, capture: float) -> float:
        """The capture time to give to a picture that came at `capture`: later than that of the one
        before.

        Encoders and the hold need strictly increasing times, whatever a publisher's clock does.
        """
        self._last_capture = max(capture, self._last_capture + 0.001)
        return self._last_capture

    def _left(self, participant: rtc.RemoteParticipant) -> None:
        if participant.disconnect_reason == rtc.DisconnectReason.CLIENT_INITIATED:
            self._choice.newest.left(participant.identity)
        self._look()

    def _look(self, *_: object) -> None:
        """Look anew at what is in the room, and do what follows."""
        now = time.monotonic()
        chosen = self._choice.look(videos(self._room, self._has_key), self.wanted, now)
        self._watched, self.passed_over = chosen.watch, chosen.passed_over
        identity = chosen.watch.identity if chosen.watch else ""
        if identity != self.identity:
            log.info("watching %s", identity or "nobody: no camera in the room")
            self.identity = identity
            self._on_change(identity)
        self._follow(self._needed(chosen.watch, chosen.beside))
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if chosen.again is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(chosen.again - now, 0), self._look)

    def _needed(self, watch: Track | None, beside: Track | None) -> dict[str, _Read]:
        """The sids of the tracks to read, and how each is read."""
        needed: dict[str, _Read] = {}
        for track in (watch, beside):
            if track and not track.barrier:
                needed[track.sid] = self._reading_video(track.sid)
        if watch and not watch.barrier:
            sound, small = companions(self._room, watch.identity)
            needed |= {sound: self._read_sound} if sound else {}
            needed |= {small: self._read_small} if small else {}
        return needed

    def _follow(self, needed: dict[str, _Read]) -> None:
        """Leave what is needed no more and take what is; a track may have come back as another
        object.
        """
        before, self._wanted_tracks = self._wanted_tracks, needed
        for sid in before.keys() - needed.keys():
            self._stop_reader(sid)
            if (publication := publication_of(self._room, sid)) is not None:
                publication.set_subscribed(False)
        for sid, read in needed.items():
            publication = publication_of(self._room, sid)
            if publication is None:
                continue
            track, (reading, _) = publication.track, self._readers.get(sid, (None, None))
            if track is None or track is not reading:
                self._stop_reader(sid)
            if track is None:
                publication.set_subscribed(True)
            elif track is not reading:
                self._start_reader(publication, track, read)

    def _start_reader(
        self, publication: rtc.RemoteTrackPublication, track: rtc.Track, read: _Read
    ) -> None:
        if publication.simulcasted:
            publication.set_video_quality(rtc.VideoQuality.VIDEO_QUALITY_HIGH)
        task = self._tasks.keep(f"reading a track of {self.identity}", lambda: read(track))
        self._readers[publication.sid] = track, task

    def _stop_reader(self, sid: str) -> None:
        if found := self._readers.pop(sid, None):
            found[1].cancel()

    def _reading_video(self, sid: str) -> _Read:
        async def read(track: rtc.Track) -> None:
            stream = FrameStream(track)
            try:
                async for event in stream:
                    if min(event.frame.width, event.frame.height) >= SMALLEST:
                        self._take(sid, event)
            finally:
                await asyncio.shield(stream.aclose())

        return read

    def _take(self, sid: str, event: rtc.VideoFrameEvent) -> None:
        if sid not in self._choice.seen:
            self._choice.brings(sid)
            self._look()  # it may be watched from this picture on
        if self._watched and self._watched.sid == sid:
            self._on_picture(from_event(event, self.later(_capture_time(event.timestamp_us))))

    async def _read_small(self, track: rtc.Track) -> None:
        stream = FrameStream(track)
        try:
            async for event in stream:
                capture = _capture_time(event.timestamp_us)
                self._on_model_picture(from_event(event, capture))
        finally:
            await asyncio.shield(stream.aclose())

    async def _read_sound(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=48_000, num_channels=1, capacity=SOUND_QUEUE)
        try:
            async for event in stream:
                self._on_sound(event.frame, time.monotonic())
        finally:
            await asyncio.shield(stream.aclose())


def _capture_time(timestamp_us: int) -> float:
    now = time.monotonic()
    stamp = timestamp_us / 1_000_000
    return stamp if abs(now - stamp) < TRUSTED_AGE else now
