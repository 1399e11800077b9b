"""A participant with a camera that does what cameras do: switch off, turn, leave, come back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
from livekit import rtc

from tests.support.livekit_server import LiveKitServer
from tests.support.tones import tone

FPS = 15


class Camera:
    """Publishes a moving bar, `fps` pictures a second; made by `camera`."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self.width, self.height = 320, 180
        self.rotation = rtc.VideoRotation.VIDEO_ROTATION_0
        self.fps: float = FPS
        self.sending = True
        self.chroma = 128
        """Of the picture's colour; 128 is grey."""
        self._small: rtc.VideoSource | None = None
        self._source: rtc.VideoSource | None = None
        self._track: rtc.LocalVideoTrack | None = None
        self._sid = ""
        self._task: asyncio.Task[None] | None = None
        self._sound: rtc.AudioSource | None = None

    async def publish(self) -> None:
        """Publish the camera."""
        self._source = rtc.VideoSource(self.width, self.height)
        self._track = rtc.LocalVideoTrack.create_video_track("camera", self._source)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA,
            simulcast=False,
            video_codec=rtc.VideoCodec.VP8,
        )
        publication = await self.room.local_participant.publish_track(self._track, options)
        self._sid = publication.sid
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="camera.run")

    async def unpublish(self) -> None:
        """Take the camera back."""
        source, self._source = self._source, None
        await self.room.local_participant.unpublish_track(self._sid)
        if source:
            await source.aclose()

    async def publish_small(self, name: str) -> None:
        """Publish a second picture of half the size."""
        self._small = rtc.VideoSource(self.width // 2, self.height // 2)
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_UNKNOWN,
            simulcast=False,
            video_codec=rtc.VideoCodec.VP8,
        )
        track = rtc.LocalVideoTrack.create_video_track(name, self._small)
        await self.room.local_participant.publish_track(track, options)

    async def stop_small(self) -> None:
        """Send no more of it; its track stays."""
        small, self._small = self._small, None
        if small:
            await small.aclose()

    async def tell(self, attribute: str, value: str) -> float:
        """Set an attribute of the participant; returns when that began."""
        began = time.monotonic()
        await self.room.local_participant.set_attributes({attribute: value})
        return began

    async def publish_sound(self) -> None:
        """Publish a microphone; silent until `beep`."""
        self._sound = rtc.AudioSource(48_000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("microphone", self._sound)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
        await self.room.local_participant.publish_track(track, options)

    async def beep(self, seconds: float, hz: float) -> None:
        """Sound for `seconds`; returns when it was handed over."""
        samples = tone(seconds, hz, 48_000)
        if self._sound:
            await self._sound.capture_frame(
                rtc.AudioFrame(samples.tobytes(), 48_000, 1, len(samples))
            )

    def mute(self) -> None:
        """Switch the camera off, as a browser does."""
        if self._track:
            self._track.mute()

    def unmute(self) -> None:
        """Switch it on again."""
        if self._track:
            self._track.unmute()

    async def aclose(self) -> None:
        """Leave. Idempotent."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        sound, self._sound = self._sound, None
        if sound:
            await sound.aclose()
        await self.stop_small()
        await self.room.disconnect()

    async def _run(self) -> None:
        number = 0
        while True:
            number += 1
            if self.sending and self._source:
                self._source.capture_frame(
                    self._frame(number, self.width, self.height),
                    rotation=self.rotation,
                    timestamp_us=round(time.monotonic() * 1_000_000),
                )
            if self.sending and self._small:
                self._small.capture_frame(self._frame(number, self.width // 2, self.height // 2))
            await asyncio.sleep(1 / self.fps)

    def _frame(self, number: int, width: int, height: int) -> rtc.VideoFrame:
        i420 = np.full((height * 3 // 2, width), self.chroma, np.uint8)
        i420[:height] = 60
        left = number * 6 % width
        i420[:height, left : left + 24] = 220
        return rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, i420.tobytes())


def room_options(key: bytes = b"") -> rtc.RoomOptions:
    """Subscribes to nothing by itself; `key` as in ROOM_KEY."""
    shared = rtc.KeyProviderOptions(shared_key=key)
    encryption = rtc.E2EEOptions(key_provider_options=shared) if key else None
    return rtc.RoomOptions(auto_subscribe=False, encryption=encryption)


@asynccontextmanager
async def camera(
    server: LiveKitServer,
    room: str,
    identity: str = "cam",
    *,
    publish: bool = True,
    ingress: bool = False,
    key: bytes = b"",
) -> AsyncIterator[Camera]:
    """A participant in `room` that publishes a camera, as a person does or as an ingress does;
    with a `key` encrypted end to end.
    """
    made = Camera(rtc.Room())
    token = server.token(room, identity, kind="ingress" if ingress else "standard")
    await made.room.connect(server.url, token, room_options(key))
    try:
        if publish:
            await made.publish()
        yield made
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(made.aclose(), 10)
