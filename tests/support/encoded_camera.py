"""Publishes encoded pictures as the relay does: the encoder's packets go into the room as they are.

Each picture has the burnt-in clock, so that a viewer's pictures tell which they are.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType
from livekit import rtc

from tests.support import burnt_clock
from tests.support.livekit_server import LiveKitServer

FPS = 15
LARGEST = 2592, 1944
"""Of the pictures that the relay passes on."""

OPTIONS = {"preset": "ultrafast", "tune": "zerolatency", "forced-idr": "1"}


@dataclass(frozen=True, slots=True)
class Packet:
    """One encoded picture."""

    data: bytes
    key: bool
    width: int
    height: int


class Encoder:
    """Pictures with the clock of now, encoded. A key frame every second."""

    def __init__(self, width: int, height: int, options: dict[str, str] | None = None) -> None:
        context = VideoCodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base = Fraction(1, 1_000_000)
        context.framerate = Fraction(FPS)
        context.bit_rate = 1_000_000
        context.gop_size = 10_000
        context.max_b_frames = 0
        context.thread_count = 1
        context.options = OPTIONS | (options or {})
        self._context = context
        self._last_key = float("-inf")
        self._count = 0

    def encode(self) -> list[Packet]:
        """The packets of the picture of now."""
        now = time.monotonic()
        context = self._context
        planes = np.full((context.height * 3 // 2, context.width), 128, np.uint8)
        planes[: context.height] = 40 + (self._count * 3) % 150
        burnt_clock.burn(planes[: context.height], self._count, now)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = round(now * 1_000_000), Fraction(1, 1_000_000)
        self._count += 1
        if now - self._last_key >= 1:
            frame.pict_type = PictureType.I
            self._last_key = now
        return [
            Packet(bytes(packet), packet.is_keyframe, context.width, context.height)
            for packet in context.encode(frame)
        ]


@dataclass
class EncodedCamera:
    """In the room with one track `camera`; made by `encoded_camera`."""

    source: rtc.EncodedVideoSource

    async def run(self, encoder: Encoder, seconds: float) -> None:
        """Sends pictures in real time."""
        begin = time.monotonic()
        for number in range(round(seconds * FPS)):
            await asyncio.sleep(max(0.0, begin + number / FPS - time.monotonic()))
            for packet in encoder.encode():
                self._send(packet)

    def _send(self, packet: Packet) -> None:
        kind = rtc.EncodedFrameType
        self.source.capture_frame(
            rtc.EncodedVideoFrame(
                data=packet.data,
                width=packet.width,
                height=packet.height,
                codec=rtc.VideoCodec.H264,
                frame_type=kind.ENCODED_FRAME_KEY if packet.key else kind.ENCODED_FRAME_DELTA,
                timestamp_us=round(time.monotonic() * 1e6),
            )
        )


@asynccontextmanager
async def encoded_camera(
    server: LiveKitServer, room: str, width: int = 640, height: int = 360
) -> AsyncIterator[EncodedCamera]:
    """A participant `cam` with an encoded track."""
    client = rtc.Room()
    token = server.token(room, "cam", kind="ingress")
    await client.connect(server.url, token, rtc.RoomOptions(auto_subscribe=False))
    source = rtc.EncodedVideoSource(width, height)
    try:
        await client.local_participant.publish_track(
            rtc.LocalVideoTrack.create_video_track("camera", source),
            rtc.TrackPublishOptions(
                source=rtc.TrackSource.SOURCE_CAMERA,
                video_codec=rtc.VideoCodec.H264,
                video_encoder=rtc.VideoEncoderBackend.ENCODER_BACKEND_PRE_ENCODED,
                video_encoding=rtc.VideoEncoding(max_bitrate=20_000_000, max_framerate=60),
                simulcast=False,
            ),
        )
        yield EncodedCamera(source)
    finally:
        await source.aclose()
        await client.disconnect()
