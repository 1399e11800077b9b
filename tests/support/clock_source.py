"""Publishes real motion at an even rate with a clock burnt into every frame.

As a process: `python -m tests.support.clock_source --room ROOM`; server and key come from the
settings in the environment.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

import cv2
import numpy as np

from config.settings import load_settings
from tests.support import burnt_clock
from tests.support.browser_camera.demo_film import DemoFilm
from tests.support.browser_camera.file_reader import FileReader
from tests.support.browser_camera.media import Picture, Reader, Sound
from tests.support.browser_camera.player import Player, Sink
from tests.support.browser_camera.publisher import Place, Publisher

KEPT = 120
"""Pictures kept in memory; shown forwards, then backwards, so that there is no cut."""


class Footage:
    """A `Reader` of the first KEPT pictures of another one, at a rate and size of its own."""

    has_sound = False

    def __init__(self, reader: Reader, *, width: int, height: int, fps: float) -> None:
        self._fps = fps
        self._next = 0
        pictures: list[Picture] = []
        while len(pictures) < KEPT:
            piece = reader.read()
            if isinstance(piece, Picture):
                pictures.append(_scaled(piece, width, height))
        reader.close()
        self._pictures = pictures + pictures[-2:0:-1]

    def read(self) -> Picture:
        """The next picture, a copy."""
        kept = self._pictures[self._next % len(self._pictures)]
        self._next += 1
        return Picture((self._next - 1) / self._fps, kept.width, kept.height, kept.planes.copy())

    def close(self) -> None:
        """Nothing is held."""


class BurningSink:
    """A `Sink` that burns counter and clock into each picture at the moment it passes it on."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.shown = 0

    def show(self, picture: Picture) -> None:
        """Burns and passes on."""
        burnt_clock.burn(picture.planes[: picture.height], self.shown, time.monotonic())
        self.shown += 1
        self._sink.show(picture)

    async def play(self, sound: Sound) -> None:
        """Passes on."""
        await self._sink.play(sound)


def _scaled(picture: Picture, width: int, height: int) -> Picture:
    bgr = cv2.cvtColor(picture.planes, cv2.COLOR_YUV2BGR_I420)
    planes = cv2.cvtColor(cv2.resize(bgr, (width, height)), cv2.COLOR_BGR2YUV_I420)
    return Picture(picture.time, width, height, np.asarray(planes, np.uint8))


async def run(place: Place, reader: Reader) -> None:
    """Publishes until cancelled."""
    publisher = Publisher(place, has_sound=False)
    async with asyncio.TaskGroup() as group:
        group.create_task(Player(reader, BurningSink(publisher)).run(), name="clock.player")
        group.create_task(publisher.run(), name="clock.publisher")


def main() -> None:
    """Publishes until it is killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--room", required=True)
    parser.add_argument("--name", default="cam")
    parser.add_argument("--footage", default="demo", help="a video file, or: demo")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=720)
    parser.add_argument("--fps", type=float, default=30)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    reader = DemoFilm() if options.footage == "demo" else FileReader(Path(options.footage))
    size = {"width": options.width, "height": options.height, "fps": options.fps}
    settings = load_settings()
    place = Place(
        settings.livekit_url,
        settings.livekit_api_key,
        settings.livekit_api_secret.get_secret_value(),
        options.room,
        options.name,
    )
    asyncio.run(run(place, Footage(reader, **size)))


if __name__ == "__main__":
    main()
