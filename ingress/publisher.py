"""Publishes a source into a room, for ever: it joins again whenever the server went away."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

from livekit import api, rtc
from livekit.rtc.participant import PublishTrackError

from ingress.media import SOUND_RATE, Picture, Sound

log = logging.getLogger("pressbox.ingress")

FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
"""Seconds between two attempts to join; doubled each time, with jitter."""

JOIN_TIMEOUT = 15.0
REJOIN_PATIENCE = 20.0
"""Seconds that LiveKit's own attempts to get back into the room may take before we join anew."""

LEAVE_TIMEOUT = 3.0
"""Seconds to say goodbye; without it the server shows us in the room until it misses us."""

TOKEN_LIFE = timedelta(hours=24)
BITRATE = 2_500_000
SOUND_QUEUE_MS = 200

# livekit's annotations know only the protobuf enum, of which this is the public copy.
_KEEP_SIZE = cast(Any, rtc.DegradationPreference.MAINTAIN_RESOLUTION)

_FINAL = {
    rtc.DisconnectReason.DUPLICATE_IDENTITY: "another participant has joined under this name",
    rtc.DisconnectReason.PARTICIPANT_REMOVED: "it was removed from the room",
}


class RemovedError(Exception):
    """The server does not want this participant any more; the text is one line that says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which room of which server to join, and as whom."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)
    room: str
    identity: str

    def token(self) -> str:
        """A token that allows to publish and nothing else."""
        grants = api.VideoGrants(
            room_join=True,
            room=self.room,
            can_publish=True,
            can_subscribe=False,
            can_publish_data=False,
        )
        token = api.AccessToken(self.api_key, self.api_secret)
        # Kind "ingress": nobody is watching behind this participant.
        return (
            token.with_identity(self.identity)
            .with_kind("ingress")
            .with_grants(grants)
            .with_ttl(TOKEN_LIFE)
            .to_jwt()
        )


class Publisher:
    """A `Sink` that is in the room as long as `run` goes on; drops what comes while it is not."""

    def __init__(self, place: Place, *, has_sound: bool) -> None:
        self._place = place
        self._has_sound = has_sound
        self._size: tuple[int, int] | None = None
        self._sized = asyncio.Event()
        self._video: rtc.VideoSource | None = None
        self._audio: rtc.AudioSource | None = None

    def show(self, picture: Picture) -> None:
        """Sends a picture now."""
        self._size = (picture.width, picture.height)
        self._sized.set()
        if self._video:
            data = picture.planes.reshape(-1).data
            self._video.capture_frame(
                rtc.VideoFrame(picture.width, picture.height, rtc.VideoBufferType.I420, data)
            )

    async def play(self, sound: Sound) -> None:
        """Sends sound; waits while more than SOUND_QUEUE_MS of it is on its way."""
        if self._audio:
            data = sound.samples.tobytes()
            await self._audio.capture_frame(rtc.AudioFrame(data, SOUND_RATE, 1, len(sound.samples)))

    async def run(self) -> None:
        """Stays in the room until cancelled. Raises RemovedError when it must not come back."""
        wait = FIRST_WAIT
        while True:
            try:
                await self._stay(on_joined=lambda: log.info("in room %s", self._place.room))
                wait = FIRST_WAIT
            except (rtc.ConnectError, PublishTrackError, TimeoutError) as error:
                reason = str(error) or "no answer in time"
                log.warning("cannot publish to %s, trying again: %s", self._place.url, reason)
                wait = min(wait * 2, LONGEST_WAIT)
            await asyncio.sleep(wait * random.uniform(0.5, 1))

    async def _stay(self, *, on_joined: Callable[[], None]) -> None:
        """Joins, publishes, and returns when the room is lost."""
        await self._sized.wait()
        room = rtc.Room()
        presence = _Presence(room)
        options = rtc.RoomOptions(auto_subscribe=False, connect_timeout=5)
        try:
            async with asyncio.timeout(JOIN_TIMEOUT):
                await room.connect(self._place.url, self._place.token(), options)
                await self._publish(room)
            on_joined()
            log.info(await presence.lost())
        finally:
            await self._leave(room)

    async def _publish(self, room: rtc.Room) -> None:
        width, height = self._size or (0, 0)
        video = rtc.VideoSource(width, height)
        self._video = video
        await room.local_participant.publish_track(
            rtc.LocalVideoTrack.create_video_track("camera", video),
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA,
                video_codec=rtc.VideoCodec.H264,
                video_encoding=rtc.VideoEncoding(max_bitrate=BITRATE, max_framerate=60),
                simulcast=False,
                degradation_preference=_KEEP_SIZE,
            ),
        )
        if self._has_sound:
            audio = rtc.AudioSource(SOUND_RATE, 1, queue_size_ms=SOUND_QUEUE_MS)
            self._audio = audio
            await room.local_participant.publish_track(
                rtc.LocalAudioTrack.create_audio_track("sound", audio),
                rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False),
            )

    async def _leave(self, room: rtc.Room) -> None:
        video, self._video = self._video, None
        audio, self._audio = self._audio, None
        try:
            await asyncio.wait_for(room.disconnect(), LEAVE_TIMEOUT)
        except TimeoutError:
            log.debug("the server did not say goodbye")
        if video:
            await video.aclose()
        if audio:
            await audio.aclose()


class _Presence:
    """Watches whether we are in the room."""

    def __init__(self, room: rtc.Room) -> None:
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._patience: asyncio.TimerHandle | None = None
        room.on("disconnected", self._disconnected)
        room.on("reconnecting", self._reconnecting)
        room.on("reconnected", self._reconnected)

    async def lost(self) -> str:
        """Waits until the room is lost and says how. Raises RemovedError."""
        try:
            return await self._over
        finally:
            self._reconnected()

    def _disconnected(self, reason: rtc.DisconnectReason.ValueType) -> None:
        if self._over.done():
            return
        if reason in _FINAL:
            self._over.set_exception(RemovedError(_FINAL[reason]))
        else:
            self._over.set_result("out of the room, joining again")

    def _reconnecting(self) -> None:
        log.info("the connection is lost, coming back")
        loop = asyncio.get_running_loop()
        self._patience = self._patience or loop.call_later(REJOIN_PATIENCE, self._give_up)

    def _reconnected(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if not self._over.done():
            self._over.set_result("no way back into the room, joining anew")
