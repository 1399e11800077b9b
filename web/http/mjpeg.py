"""`/api/mjpeg` and `/api/frame`: pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from aiohttp import web

from web.feed import CallError, Feed
from web.http.parameters import Frame, Moving, Picture
from web.http.viewers import Viewers, within
from web.pictures import MOST_SIZES, Jpeg, Size, TooManySizesError

FIRST_TIMEOUT = 10.0
"""Seconds until there is a picture."""
AGAIN_AFTER = 5.0
"""Seconds without a new picture after which the last one is sent again: we are here still."""

BOUNDARY = "frame"
MJPEG = f"multipart/x-mixed-replace; boundary={BOUNDARY}"


class PictureApi:
    """The handlers."""

    def __init__(self, viewers: Viewers) -> None:
        self._viewers = viewers

    async def frame(self, _: web.Request, asked: Frame) -> web.StreamResponse:
        """One JPEG file: live, or with `delayed` what is on display."""
        async with self._viewers.room(asked.room) as feed:
            if asked.delayed:
                with _size(feed, asked) as size:
                    picture = await _first(feed, size)
                return _answer(picture.data, {"X-Timestamp": f"{picture.captured:.6f}"})
            live = feed.live(asked.width, asked.height, asked.quality)
            return _answer(await within(FIRST_TIMEOUT, live, 504, "no picture came"), {})

    async def mjpeg(self, request: web.Request, asked: Moving) -> web.StreamResponse:
        """The delayed picture, JPEG after JPEG; `X-Timestamp`: its capture time in Unix seconds."""
        async with self._viewers.watching(request, "picture", asked.room) as (viewer, feed):
            with _size(feed, asked) as size:
                picture: Jpeg | None = await _first(feed, size)
                answer = await viewer.begin({"Content-Type": MJPEG})
                await viewer.send(f"--{BOUNDARY}\r\n".encode())
                due = asyncio.get_running_loop().time()
                while picture is not None:
                    await viewer.send(_part(picture))
                    due = await _until(due + 1 / asked.fps)
                    picture = await _next(feed, size, picture)
        return answer


@contextmanager
def _size(feed: Feed, asked: Picture) -> Iterator[Size]:
    size = Size(asked.width, asked.height, asked.quality)
    try:
        feed.pictures.enter(size)
    except TooManySizesError as error:
        raise CallError(429, str(error), {"field": "width"}) from None
    try:
        yield size
    finally:
        feed.pictures.leave(size)


async def _first(feed: Feed, size: Size) -> Jpeg:
    picture = await within(FIRST_TIMEOUT, feed.pictures.next(size), 503, "nothing was shown")
    if picture is None:
        raise CallError(503, "nothing is shown any more")
    return picture


async def _next(feed: Feed, size: Size, last: Jpeg) -> Jpeg | None:
    try:
        async with asyncio.timeout(AGAIN_AFTER):
            return await feed.pictures.next(size, last.number)
    except TimeoutError:
        return last


async def _until(due: float) -> float:
    """Wait until then, on the loop's clock; when it was, or now where that is later."""
    now = asyncio.get_running_loop().time()
    if due <= now:
        return now
    await asyncio.sleep(due - now)
    return due


@lru_cache(MOST_SIZES)
def _part(picture: Jpeg) -> bytes:
    """With the boundary after it, without which a browser does not show it yet. One for all."""
    head = (
        f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.data)}\r\n"
        f"X-Timestamp: {picture.captured:.6f}\r\n\r\n"
    )
    return head.encode() + picture.data + f"\r\n--{BOUNDARY}\r\n".encode()


def _answer(data: bytes, headers: dict[str, str]) -> web.Response:
    headers = {"Cache-Control": "no-store", **headers}
    return web.Response(body=data, content_type="image/jpeg", headers=headers)
