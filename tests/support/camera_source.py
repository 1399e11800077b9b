"""A camera in a room, as a process: `python -m tests.support.camera_source --room ROOM`.

It shows real motion at an even rate with a clock burnt into every picture. Server and key come from
the settings in the environment. It leaves the room on SIGTERM, as people do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator
from itertools import chain
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
    """Publishes pictures until cancelled."""
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
        await _show(room, pictures, fps)
    finally:
        await room.disconnect()


async def _show(room: rtc.Room, pictures: Iterator[Planes], fps: float) -> None:
    first = next(pictures)
    height, width = first.shape[0] * 2 // 3, first.shape[1]
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
    due, shown = time.monotonic(), 0
    for planes in chain([first], pictures):
        await asyncio.sleep(due - time.monotonic())
        now = time.monotonic()
        due = now if now - due > LOST else due
        if now - due < LATE:
            burnt_clock.burn(planes[:height], shown, now)
            data = planes.reshape(-1).data
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, data))
            shown += 1
        due += 1 / fps


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

    async def publish() -> None:
        if task := asyncio.current_task():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await run(options.room, options.name, pictures, options.fps)

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(publish())


if __name__ == "__main__":
    main()
