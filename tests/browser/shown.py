"""What viewers show to a scripted commentator, as it arrives there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import numpy as np
from livekit import rtc

from tests.browser.scripted_booth import ScriptedBooth


def shown(booth: ScriptedBooth, source: rtc.TrackSource.ValueType) -> list[rtc.RemoteTrack]:
    """Tracks of this source that came from viewers."""
    return [
        publication.track
        for one in booth.room.remote_participants.values()
        for publication in one.track_publications.values()
        if publication.source == source and publication.track is not None
    ]


async def arrives(
    booth: ScriptedBooth, source: rtc.TrackSource.ValueType, old: object = None
) -> rtc.RemoteTrack:
    """The only track of this source, once it is there and not the `old` one."""
    async with asyncio.timeout(20):
        while len(found := shown(booth, source)) != 1 or found[0] == old:
            await asyncio.sleep(0.05)
    return found[0]


def quarters(frame: rtc.VideoFrame) -> tuple[float, float]:
    """How green the first and the last quarter of a picture are."""
    green = np.frombuffer(frame.data, np.uint8).reshape(frame.height, frame.width, 4)[..., 1]
    y, x = frame.height // 2, frame.width // 2
    return green[:y, :x].mean(), green[y:, x:].mean()


def loudness(frame: rtc.AudioFrame) -> float:
    return float(np.abs(np.frombuffer(frame.data, np.int16).astype(int)).mean())


async def wait_for(track: rtc.RemoteTrack, is_so: Callable[[Any], bool]) -> None:
    """Wait for a picture, or sound, of which that is true."""
    video = track.kind == rtc.TrackKind.KIND_VIDEO
    rgba = rtc.VideoBufferType.RGBA
    stream: Any = rtc.VideoStream(track, format=rgba) if video else rtc.AudioStream(track)
    async with aclosing(stream), asyncio.timeout(20):
        async for event in stream:
            if is_so(event.frame):
                return
