"""A camera in a room, as a process: `python -m tests.support.camera_source --room ROOM`.

It shows real motion at an even rate with a clock burnt into every picture; with --film a file as it
is, at its own pace, over and over. When the film begins, or a lag is not caught up on, it writes
`film {"at": ..., "place": ...}`: the monotonic time, and the second of the film shown then. Server
and key come from the settings in the environment. It leaves the room on SIGTERM, as people do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from livekit import api, rtc

from config.settings import load_settings
from tests.support import burnt_clock
from tests.support.footage import Planes, footage

BITRATE = 2_500_000
LATE, LOST = 0.05, 1.0
"""Seconds: a picture later than LATE is left out, a lag above LOST is not caught up on."""

# livekit's annotations know only the protobuf enum, of which this is the public copy.
_KEEP_SIZE = cast(Any, rtc.DegradationPreference.MAINTAIN_RESOLUTION)


@dataclass(frozen=True, slots=True)
class Shown:
    """The second `place` of the film was shown at `at`, monotonic seconds."""

    at: float
    place: float


def film_times(log: Path) -> list[Shown]:
    """What a camera noted, in order."""
    found = re.findall(r"^film (\{.*\})$", log.read_text(errors="replace"), re.MULTILINE)
    return [Shown(**json.loads(text)) for text in found]


async def run(
    room_name: str, name: str, pictures: Iterator[tuple[int, Planes]], fps: float, *, clock: bool
) -> None:
    """Publishes pictures, each with its number in the film, until cancelled."""
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
        await _show(room, pictures, fps, clock)
    finally:
        await room.disconnect()


async def _show(
    room: rtc.Room, pictures: Iterator[tuple[int, Planes]], fps: float, clock: bool
) -> None:
    first = next(pictures)
    height, width = first[1].shape[0] * 2 // 3, first[1].shape[1]
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
    for number, planes in chain([first], pictures):
        await asyncio.sleep(due - time.monotonic())
        now = time.monotonic()
        lost = now - due > LOST
        due = now if lost else due
        if lost or not number:
            sys.stdout.write(f"film {json.dumps({'at': due, 'place': number / fps})}\n")
            sys.stdout.flush()
        if now - due < LATE:
            if clock:
                burnt_clock.burn(planes[:height], shown, now)
            data = planes.reshape(-1).data
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, data))
            shown += 1
        due += 1 / fps


def film(path: Path) -> Iterator[tuple[int, Planes]]:
    """Its pictures, each with its number, over and over: I420, (height * 3 / 2, width) uint8."""
    while True:
        with av.open(str(path)) as container:
            stream: Any = container.streams.video[0]
            stream.thread_count = 1
            for number, frame in enumerate(container.decode(stream)):
                planes = frame.to_ndarray(format="yuv420p")
                yield number, np.ascontiguousarray(planes, np.uint8)


def _pace(path: Path) -> float:
    with av.open(str(path)) as container:
        return float(container.streams.video[0].average_rate or 25)


def main() -> None:
    """Publishes until it is told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--room", required=True)
    parser.add_argument("--name", default="cam")
    parser.add_argument("--film", type=Path, help="a video file to be shown as it is, instead")
    parser.add_argument("--footage", default="demo", help="a video file, or: demo")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=float, default=30)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.film:
        pictures, fps = film(options.film), _pace(options.film)
    else:
        pictures = enumerate(footage(options.footage, options.width, options.height))
        fps = options.fps

    async def publish() -> None:
        if task := asyncio.current_task():
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await run(options.room, options.name, pictures, fps, clock=not options.film)

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(publish())


if __name__ == "__main__":
    main()
