"""Publishes raw pictures into a room, for ever, as a browser does: WebRTC encodes them."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from livekit import rtc

from ingress.presence import Place, Presence
from tests.support.browser_camera.media import SOUND_RATE, Picture, Sound

__all__ = ["Place", "Publisher"]

BITRATE = 2_500_000
SOUND_QUEUE_MS = 200
PUBLISH_TIMEOUT = 15.0

# livekit's annotations know only the protobuf enum, of which this is the public copy.
_KEEP_SIZE = cast(Any, rtc.DegradationPreference.MAINTAIN_RESOLUTION)


class Publisher:
    """A `Sink` that is in the room as long as `run` goes on; drops what comes while it is not."""

    def __init__(self, place: Place, *, has_sound: bool) -> None:
        self._presence = Presence(place, entered=self._entered, left=self._left)
        self._has_sound = has_sound
        self._size: tuple[int, int] | None = None
        self._sized = asyncio.Event()
        self._video: rtc.VideoSource | None = None
        self._audio: rtc.AudioSource | None = None
        self._publishing: asyncio.Task[None] | None = None

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
        """Stays in the room until cancelled."""
        await self._sized.wait()
        self._presence.start()
        try:
            await asyncio.Event().wait()
        finally:
            await self._presence.aclose()
            if self._publishing:
                await asyncio.gather(self._publishing, return_exceptions=True)

    def _entered(self, room: rtc.Room) -> None:
        self._publishing = asyncio.create_task(self._publish(room), name="publisher.publish")

    def _left(self) -> None:
        self._video = self._audio = None
        if self._publishing:
            self._publishing.cancel()

    async def _publish(self, room: rtc.Room) -> None:
        width, height = self._size or (0, 0)
        video = rtc.VideoSource(width, height)
        async with asyncio.timeout(PUBLISH_TIMEOUT):
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
            self._video = video
            if self._has_sound:
                audio = rtc.AudioSource(SOUND_RATE, 1, queue_size_ms=SOUND_QUEUE_MS)
                await room.local_participant.publish_track(
                    rtc.LocalAudioTrack.create_audio_track("sound", audio),
                    rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False),
                )
                self._audio = audio
