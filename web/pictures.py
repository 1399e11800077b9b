"""Pictures for any number of viewers: each is encoded once for each size that is asked for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

log = logging.getLogger("web")

SMALLEST, LARGEST = 16, 3840
"""Pixels of a side that may be asked for."""
MOST_SIZES = 6
"""Sizes and qualities that are encoded at a time: each costs as much as the first."""

I420 = NDArray[np.uint8]
"""(3 * height / 2, width)."""

_LUMA = np.clip(np.rint((np.arange(256) - 16) * 255 / 219), 0, 255).astype(int).tolist()
_CHROMA = np.clip(np.rint((np.arange(256) - 128) * 255 / 224 + 128), 0, 255).astype(int).tolist()
"""Video leaves out the ends of the range that JPEG uses."""


class TooManySizesError(Exception):
    """`str()` names the sizes that can be had."""


@dataclass(frozen=True, slots=True)
class Size:
    """At most so many pixels wide and high, the shape kept; 0: as it is. quality: 1 to 100."""

    width: int = 0
    height: int = 0
    quality: int = 80


@dataclass(frozen=True, slots=True, eq=False)
class Jpeg:
    """number grows with each picture. captured: Unix seconds at which it reached the booth."""

    number: int
    captured: float
    data: bytes


class Pictures:
    """The newest picture of a feed. Slow viewers lose pictures and hold up nobody."""

    def __init__(self, on_wanted: Callable[[bool], None] = lambda _: None) -> None:
        """`on_wanted(whether)` is told when the first viewer comes and when the last has left."""
        self._on_wanted = on_wanted
        self._number = 0
        self._newest: tuple[float, I420] | None = None
        self._news = asyncio.Event()
        self._encoded: dict[Size, asyncio.Future[Jpeg]] = {}
        self._viewers: dict[Size, int] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False
        self.count = 0
        """Pictures that were encoded."""

    @property
    def viewers(self) -> int:
        """How many there are."""
        return sum(self._viewers.values())

    def push(self, picture: I420, captured: float) -> None:
        """One more picture, shown now; `captured` in Unix seconds."""
        self._number += 1
        self._newest = captured, picture
        self._wake()

    def forget(self) -> None:
        """There is no picture any more: the source is lost to this feed."""
        self._newest = None

    def enter(self, size: Size) -> None:
        """A viewer of this size comes. Raises TooManySizesError."""
        if size not in self._viewers and len(self._viewers) >= MOST_SIZES:
            known = ", ".join(f"{one.width}x{one.height} q{one.quality}" for one in self._viewers)
            raise TooManySizesError(f"{MOST_SIZES} sizes are being watched, take one of: {known}")
        first = not self._viewers
        self._viewers[size] = self._viewers.get(size, 0) + 1
        if first:
            self._on_wanted(True)

    def leave(self, size: Size) -> None:
        """A viewer that entered goes."""
        self._viewers[size] -= 1
        if not self._viewers[size]:
            del self._viewers[size]
            self._encoded.pop(size, None)
        if not self._viewers:
            self._on_wanted(False)

    async def next(self, size: Size, after: int = 0) -> Jpeg | None:
        """The newest picture, once there is one newer than number `after`; None after `aclose`."""
        while not self._closed:
            news = self._news
            if self._newest is not None and self._number > after:
                found = await self._jpeg(size, self._number, *self._newest)
                if found.data:
                    return found
                after = found.number  # it is broken
            else:
                await news.wait()
        return None

    async def aclose(self) -> None:
        """End it for all viewers, and wait for what is being encoded. Idempotent."""
        self._closed = True
        self._wake()
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown)

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _jpeg(self, size: Size, number: int, captured: float, picture: I420) -> Jpeg:
        """One encode at a time for each size; whoever comes meanwhile takes the same."""
        running = self._encoded.get(size)
        if running is None or (running.done() and running.result().number != number):
            self._pool = self._pool or ThreadPoolExecutor(1, thread_name_prefix="web-jpeg")
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._pool, _encode, number, captured, picture, size)
            self._encoded[size] = running
            self.count += 1
        return await asyncio.shield(running)


def _encode(number: int, captured: float, picture: I420, size: Size) -> Jpeg:
    try:
        return Jpeg(number, captured, jpeg(picture, size))
    except ValueError as error:
        log.warning("%s", error)
        return Jpeg(number, captured, b"")


def jpeg(picture: I420, size: Size) -> bytes:
    """A JPEG file. Raises ValueError for what is no picture."""
    try:
        high, wide = picture.shape[0] * 2 // 3, picture.shape[1]
        luma, chroma = picture[:high], picture[high:].reshape(2, high // 2, wide // 2)
        scale = min((size.width or wide) / wide, (size.height or high) / high, 1.0)
        wide, high = max(1, round(wide * scale)), max(1, round(high * scale))
        half = (wide + 1) // 2, (high + 1) // 2
        planes = _plane(luma, (wide, high), _LUMA), *(_plane(one, half, _CHROMA) for one in chroma)
        return bytes(simplejpeg.encode_jpeg_yuv_planes(*planes, quality=size.quality))
    except (ValueError, IndexError, ZeroDivisionError) as error:
        raise ValueError(f"a picture of shape {picture.shape} is broken: {error}") from error


def _plane(plane: I420, size: tuple[int, int], levels: list[int]) -> I420:
    return np.asarray(Image.fromarray(plane).resize(size, Image.Resampling.BOX).point(levels))
