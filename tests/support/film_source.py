"""A camera in a room that plays a film file at its own pace, over and over, and notes when.

As a process: `python -m tests.support.film_source --room ROOM --film FILE`. Each time the film
begins, or a lag is not caught up on, it writes `film {"at": ..., "place": ...}`: the monotonic time
and the second of the film that was shown at it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from livekit import rtc

from tests.support.clock_source import LATE, LOST, joined, publish_until_told, published
from tests.support.footage import Planes


@dataclass(frozen=True, slots=True)
class Shown:
    """The second `place` of the film was shown at `at`, monotonic seconds."""

    at: float
    place: float


def film_times(log: Path) -> list[Shown]:
    """What a camera noted, in order."""
    found = re.findall(r"^film (\{.*\})$", log.read_text(errors="replace"), re.MULTILINE)
    return [Shown(**json.loads(text)) for text in found]


async def run(room_name: str, name: str, film: Path) -> None:
    """Publishes until cancelled."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        size, fps = (stream.width, stream.height), float(stream.average_rate or 25)
    async with joined(room_name, name) as room:
        source = await published(room, *size)
        due = time.monotonic()
        while True:
            due = await _once(source, film, fps, due)


async def _once(source: rtc.VideoSource, film: Path, fps: float, due: float) -> float:
    """Shows the film once from `due` on; gives the time at which it is over."""
    lost = True
    for number, planes in enumerate(_pictures(film)):
        await asyncio.sleep(due - time.monotonic())
        now = time.monotonic()
        if now - due > LOST:
            due, lost = now, True
        if lost:
            sys.stdout.write(f"film {json.dumps({'at': due, 'place': number / fps})}\n")
            sys.stdout.flush()
            lost = False
        if now - due < LATE:
            height, width = planes.shape[0] * 2 // 3, planes.shape[1]
            data = planes.reshape(-1).data
            source.capture_frame(rtc.VideoFrame(width, height, rtc.VideoBufferType.I420, data))
        due += 1 / fps
    return due


def _pictures(film: Path) -> Iterator[Planes]:
    with av.open(str(film)) as container:
        stream: Any = container.streams.video[0]
        stream.thread_count = 1
        for frame in container.decode(stream):
            yield np.ascontiguousarray(frame.to_ndarray(format="yuv420p"), np.uint8)


def main() -> None:
    """Publishes until it is told to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--room", required=True)
    parser.add_argument("--name", default="cam")
    parser.add_argument("--film", type=Path, required=True)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    publish_until_told(run(options.room, options.name, options.film))


if __name__ == "__main__":
    main()
