"""Baseline for CPU and memory: subscribe, hold raw frames, encode again in libwebrtc.

A process: `python -m tests.bench.baseline_hold --room ROOM --source IDENTITY --delay SECONDS`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from collections import deque

from livekit import api, rtc

from config.settings import load_settings

BITRATE = 2_500_000
STALLED = 2.0


async def run(room_name: str, identity: str, delay: float) -> None:
    """Publishes the source's picture again, `delay` seconds late, until cancelled. Joins anew when
    there is none: now and then LiveKit hands a track on no further.
    """
    while True:
        room = rtc.Room()
        with contextlib.suppress(TimeoutError):
            await _hold(room, room_name, identity, delay)
        await room.disconnect()


async def _hold(room: rtc.Room, room_name: str, identity: str, delay: float) -> None:
    """Raises TimeoutError when no picture comes for STALLED seconds."""
    settings = load_settings()
    grants = api.VideoGrants(room_join=True, room=room_name)
    token = api.AccessToken(
        settings.livekit_api_key, settings.livekit_api_secret.get_secret_value()
    )
    found: asyncio.Future[rtc.Track] = asyncio.get_running_loop().create_future()

    def subscribed(track: rtc.Track, _: object, participant: rtc.RemoteParticipant) -> None:
        is_it = participant.identity == identity and track.kind == rtc.TrackKind.KIND_VIDEO
        if is_it and not found.done():
            found.set_result(track)

    room.on("track_subscribed", subscribed)
    jwt = token.with_identity("baseline").with_grants(grants).to_jwt()
    await room.connect(settings.livekit_url, jwt)
    held: deque[tuple[float, rtc.VideoFrame]] = deque()
    source: rtc.VideoSource | None = None
    stream = rtc.VideoStream(await found, format=rtc.VideoBufferType.I420)
    while True:
        frame = (await asyncio.wait_for(anext(stream), STALLED)).frame
        if source is None:
            source = rtc.VideoSource(frame.width, frame.height)
            await _publish(room, source)
        held.append((time.monotonic(), frame))
        while held and held[0][0] <= time.monotonic() - delay:
            source.capture_frame(held.popleft()[1])


async def _publish(room: rtc.Room, source: rtc.VideoSource) -> None:
    await room.local_participant.publish_track(
        rtc.LocalVideoTrack.create_video_track("held", source),
        rtc.TrackPublishOptions(
            video_codec=rtc.VideoCodec.H264,
            video_encoding=rtc.VideoEncoding(max_bitrate=BITRATE, max_framerate=30),
            simulcast=False,
        ),
    )


def main() -> None:
    """Runs until it is killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--room", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--delay", type=float, required=True)
    options = parser.parse_args()
    asyncio.run(run(options.room, options.source, options.delay))


if __name__ == "__main__":
    main()
