"""Follows the chosen source: subscribes to it and to nothing else, and hands over its pictures and
its sound.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections.abc import Callable, Coroutine

from livekit import rtc
from livekit.rtc.room import EventTypes

from agent.picture.frame_stream import FrameStream
from agent.picture.picture import Picture, from_event
from agent.picture.source_choice import Candidate, choose
from config.source_names import MODEL_TRACK

_Read = Callable[[rtc.Track], Coroutine[None, None, None]]

log = logging.getLogger("pressbox.source")

SOUND_QUEUE = 100
"""Pieces of sound (10 ms each) that may wait for us: a second."""

TRUSTED_AGE = 1.0
"""LiveKit stamps frames with CLOCK_MONOTONIC; a stamp further than this from now is of another
clock.
"""

CLOSE_TIMEOUT = 5.0
STATS_TIMEOUT = 1.0


class Source:
    """The video track being watched, and the sound of the same participant.

    `on_picture` and `on_sound` are called on the event loop for every frame, and `on_model_picture`
    for those of the small second picture that an ingress may publish; `on_change` with the new
    identity ("" for none) whenever another participant is watched, before its first picture.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        on_picture: Callable[[Picture], None],
        on_model_picture: Callable[[Picture], None],
        on_sound: Callable[[rtc.AudioFrame, float], None],
        on_change: Callable[[str], None],
    ) -> None:
        self._room = room
        self._on_picture = on_picture
        self._on_model_picture = on_model_picture
        self._on_sound = on_sound
        self._on_change = on_change
        self._order: dict[str, int] = {}
        self._seen = itertools.count(1)
        self._video_sid = ""
        self._audio_sid = ""
        self._model_sid = ""
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._tracks: dict[str, rtc.Track] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._last_capture = 0.0
        self.identity = ""
        """Identity of the participant that is watched; "" for none."""
        self.wanted = ""
        """Identity of the one to watch, there or not; "" for the newest camera."""

    _EVENTS: tuple[EventTypes, ...] = (
        "track_published",
        "track_unpublished",
        "track_muted",
        "track_unmuted",
        "track_subscribed",
        "track_unsubscribed",
        "participant_connected",
        "participant_disconnected",
        "reconnected",
    )

    def start(self, wanted: str) -> None:
        """Begin to follow; `wanted` as in `choose`."""
        for event in self._EVENTS:
            self._room.on(event, self._room_changed)
        self.want(wanted)

    def want(self, identity: str) -> None:
        """Watch this participant from now on; "" for the newest camera."""
        self.wanted = identity
        self._room_changed()

    @property
    def muted(self) -> bool:
        """Whether the watched track is switched off at its publisher."""
        publication = self._find(self._video_sid)
        return publication is not None and publication.muted

    async def aclose(self) -> None:
        """Stop following and wait until every stream is closed. Idempotent."""
        for event in self._EVENTS:
            self._room.off(event, self._room_changed)
        for sid in list(self._readers):
            self._stop_reader(sid)
        if self._closing:
            await asyncio.wait(self._closing, timeout=CLOSE_TIMEOUT)

    def _room_changed(self, *_: object) -> None:
        chosen = choose(self._candidates(), self.wanted)
        identity = chosen.identity if chosen else ""
        if identity != self.identity:
            log.info("watching %s", identity or "nobody: no camera in the room")
            self.identity = identity
            self._on_change(identity)
        video, model = chosen.sid if chosen else "", self._model_of(identity)
        self._video_sid = self._follow(self._video_sid, video, self._read_video)
        self._model_sid = self._follow(self._model_sid, model, self._read_model)
        self._audio_sid = self._follow(self._audio_sid, self._sound_of(identity), self._read_audio)

    def _follow(self, old: str, new: str, read: _Read) -> str:
        """Leave track `old`, take track `new`; the same one may have come back as another
        object.
        """
        if old and old != new:
            self._stop_reader(old)
            if (publication := self._find(old)) is not None:
                publication.set_subscribed(False)
        publication = self._find(new)
        if publication is None:
            return ""
        if publication.track is None:
            self._stop_reader(new)
            publication.set_subscribed(True)
        elif self._tracks.get(new) is not publication.track:
            self._stop_reader(new)
            self._start_reader(publication, publication.track, read)
        return new

    def _start_reader(
        self, publication: rtc.RemoteTrackPublication, track: rtc.Track, read: _Read
    ) -> None:
        if publication.simulcasted:
            publication.set_video_quality(rtc.VideoQuality.VIDEO_QUALITY_HIGH)
        task = asyncio.create_task(read(track), name=f"source.read {publication.sid}")
        task.add_done_callback(self._reader_ended)
        self._tracks[publication.sid] = track
        self._readers[publication.sid] = task

    async def decoded(self) -> int | None:
        """Pictures of the watched track that LiveKit has decoded so far; None: it does not say."""
        track = self._tracks.get(self._video_sid)
        if track is None:
            return None
        try:
            async with asyncio.timeout(STATS_TIMEOUT):
                stats = await track.get_stats()
        except Exception as error:  # LiveKit raises a bare one when there are none
            log.debug("no statistics of %s: %s", self.identity, error)
            return None
        found = [one for one in stats if one.HasField("inbound_rtp")]
        return found[0].inbound_rtp.inbound.frames_decoded if found else None

    def renew(self) -> None:
        """Subscribe to the picture anew: it should be there and does not come."""
        publication = self._find(self._video_sid)
        if publication is not None:
            log.info("no picture from %s: subscribing anew", self.identity)
            self._stop_reader(self._video_sid)
            publication.set_subscribed(False)
            publication.set_subscribed(True)

    def _reader_ended(self, task: asyncio.Task[None]) -> None:
        """A track that just ends is followed by an event; a bug of ours must not end the picture
        for good: `renew` brings it back.
        """
        if not task.cancelled() and (error := task.exception()):
            log.error("reading %s failed", self.identity, exc_info=error)

    def _stop_reader(self, sid: str) -> None:
        self._tracks.pop(sid, None)
        task = self._readers.pop(sid, None)
        if task and not task.done():
            task.cancel()
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _read_video(self, track: rtc.Track) -> None:
        stream = FrameStream(track)
        try:
            async for event in stream:
                capture = self.later(_capture_time(event.timestamp_us))
                self._on_picture(from_event(event, capture))
        finally:
            await asyncio.shield(stream.aclose())

    async def _read_model(self, track: rtc.Track) -> None:
        stream = FrameStream(track)
        try:
            async for event in stream:
                capture = _capture_time(event.timestamp_us)
                self._on_model_picture(from_event(event, capture))
        finally:
            await asyncio.shield(stream.aclose())

    async def _read_audio(self, track: rtc.Track) -> None:
        stream = rtc.AudioStream(track, sample_rate=48_000, num_channels=1, capacity=SOUND_QUEUE)
        try:
            async for event in stream:
                self._on_sound(event.frame, time.monotonic())
        finally:
            await asyncio.shield(stream.aclose())

    def later(self, capture: float) -> float:
        """The capture time to give to a picture that came at `capture`: later than that of the one
        before.

        Encoders and the hold need strictly increasing times, whatever a publisher's clock does.
        """
        self._last_capture = max(capture, self._last_capture + 0.001)
        return self._last_capture

    def _candidates(self) -> list[Candidate]:
        found = [
            Candidate(
                sid=publication.sid,
                identity=participant.identity,
                order=self._order.get(publication.sid) or next(self._seen),
                muted=publication.muted,
                screen=publication.source == rtc.TrackSource.SOURCE_SCREENSHARE,
                agent=participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT,
                model=_is_model(publication, participant),
            )
            for participant in self._room.remote_participants.values()
            for publication in participant.track_publications.values()
            if publication.kind == rtc.TrackKind.KIND_VIDEO
        ]
        self._order = {candidate.sid: candidate.order for candidate in found}
        return found

    def _sound_of(self, identity: str) -> str:
        participant = self._room.remote_participants.get(identity)
        publications = participant.track_publications.values() if participant else ()
        return next((p.sid for p in publications if p.kind == rtc.TrackKind.KIND_AUDIO), "")

    def _model_of(self, identity: str) -> str:
        participant = self._room.remote_participants.get(identity)
        publications = participant.track_publications.values() if participant else ()
        return next((p.sid for p in publications if participant and _is_model(p, participant)), "")

    def _find(self, sid: str) -> rtc.RemoteTrackPublication | None:
        for participant in self._room.remote_participants.values():
            if sid in participant.track_publications:
                return participant.track_publications[sid]
        return None


def _is_model(publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant) -> bool:
    """Whether this is an ingress's small second picture; another's track may have any name."""
    return (
        publication.name == MODEL_TRACK
        and publication.kind == rtc.TrackKind.KIND_VIDEO
        and participant.kind == rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS
    )


def _capture_time(timestamp_us: int) -> float:
    now = time.monotonic()
    stamp = timestamp_us / 1_000_000
    return stamp if abs(now - stamp) < TRUSTED_AGE else now
