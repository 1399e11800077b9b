"""A camera in a room: real motion at an even rate with a clock burnt into every frame.

As a process: `python -m tests.support.clock_source --room ROOM`; server and key come from the
settings in the environment. It leaves the room on SIGTERM, as people do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import cv2
from livekit import api, rtc

from config.settings import load_settings
from tests.support import burnt_clock
from tests.support.footage import Planes, footage

BITRATE = 2_500_000
LATE, LOST = 0.05, 1.0
"""Seconds: a picture later than LATE is left out, a lag above LOST is not caught up on."""

# livekit's annotations know only the protobuf enum, of which this is the public copy.
_KEEP_SIZE = cast(Any, rtc.DegradationPreference.MAINTAIN_RESOLUTION)


async def run(room_name: str, name: str, pictures: Iterator[Planes], fps: float) -> None:
    """Publishes until cancelled."""
    async with joined(room_name, name) as room:
        await _film(room, pictures, fps)


@asynccontextmanager
async def joined(room_name: str, name: str) -> AsyncIterator[rtc.Room]:
    """A room of the server in the settings, entered as `name` and left at the end."""
    settings = load_settings()
    token = api.AccessToken(
        settings.livekit_api_key, settings.livekit_api_secret.get_secret_value()
    )
    grants = api.VideoGrants(room_join=True, room=room_name)
    room = rtc.Room()
    await room.connect(
        settings.livekit_url,
        token.with_identity(name).with_grants(grants).to_jwt(),
        rtc.RoomOptions(auto_subscribe=False),
    )
    try:
        yield room
    finally:
        await room.disconnect()


async def published(room: rtc.Room, width: int, height: int) -> rtc.VideoSource:
    """A camera's track of this size."""
    source = rtc.VideoSource(width, height)
    await room.local_participant.publish_track(
        rtc.LocalVideoTrack.create_video_track("camera", source),
        rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_CAMERA,
            video_codec=rtc.VideoCodec.H264,
            video_encoding=rtc.VideoEncoding(max_bitrate=BITRATE, max_framerate=60),
            simulcast=False,
            degradation_preference=_KEEP_SIZE,
        ),
    )
    return source


async def _film(room: rtc.Room, pictures: Iterator[Planes], fps: float) -> None:
    height, width = next(pictures).shape
    height = height * 2 // 3
    source = await published(room, width, height)
    due, shown = time.monotonic(), 0
    for planes in pictures:
        await asyncio.sleep(due - time.monotonic())
        now = time.monotonic()
        if now - due < LATE:
            burnt_clock.burn(planes[:height], shown, now)
            data = planes.reshape(-1).data
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, data))
            shown += 1
        due = (now if now - due > LOST else due) + 1 / fps


def main() -> None:
    """Publishes until it is told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--room", required=True)
    parser.add_argument("--name", default="cam")
    parser.add_argument("--footage", default="demo", help="a video file, or: demo")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=float, default=30)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = footage(options.footage, options.width, options.height)

    publish_until_told(run(options.room, options.name, pictures, options.fps))


def publish_until_told(publishing: Coroutine[Any, Any, None]) -> None:
    """Runs it until SIGTERM, at which it leaves the room."""

    async def publish() -> None:
        if task := asyncio.current_task():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await publishing

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(publish())


if __name__ == "__main__":
    main()
