"""The sync error that the probe measures, against an agent that is out of step by known amounts."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
from livekit import rtc

from tests.support import burnt_clock
from tests.support.livekit_server import LiveKitServer
from tests.support.measure import heard_lines, picture_report, stamp_errors
from tests.support.tones import named_tone_hz, tone
from tests.support.viewer_probe import watching

RATE, FPS = 48_000, 25
WIDTH, HEIGHT = 640, 360
LINES, PERIOD, LENGTH = 8, 1.2, 0.4
STEP = 0.3
"""Every other line's sound is so many seconds later than its picture."""


class OutOfStep:
    """Publishes `delayed` and `commentary`, with a line every PERIOD seconds."""

    def __init__(self, room: rtc.Room) -> None:
        self._room = room
        self._video = rtc.VideoSource(WIDTH, HEIGHT)
        self._audio = rtc.AudioSource(RATE, 1, queue_size_ms=200)
        self._unix = time.time() - time.monotonic()

    async def publish(self) -> None:
        await self._room.local_participant.publish_track(
            rtc.LocalVideoTrack.create_video_track("delayed", self._video),
            rtc.TrackPublishOptions(
                simulcast=False,
                video_codec=rtc.VideoCodec.H264,
                frame_metadata_features=[
                    rtc.FrameMetadataFeature.FMF_USER_TIMESTAMP,
                    rtc.FrameMetadataFeature.FMF_FRAME_ID,
                ],
            ),
        )
        await self._room.local_participant.publish_track(
            rtc.LocalAudioTrack.create_audio_track("commentary", self._audio)
        )

    async def play(self) -> None:
        """Two seconds of nothing, the lines, a second of nothing."""
        start = time.monotonic() + 2
        total = LINES * PERIOD + 1
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pictures(start, total))
            group.create_task(self._sounds(start, total))

    async def _pictures(self, start: float, total: float) -> None:
        for i in range(-2 * FPS, round(total * FPS)):
            due = start + i / FPS
            await asyncio.sleep(due - time.monotonic())
            self._show(i + 2 * FPS, due)
            if i >= 0 and i % round(PERIOD * FPS) == 0 and i < LINES * PERIOD * FPS:
                await self._tell(round(i / FPS / PERIOD), due)

    def _show(self, number: int, capture: float) -> None:
        planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
        burnt_clock.burn(planes[:HEIGHT], number, capture)
        stamp = round((capture + self._unix) * 1e6)
        self._video.capture_frame(
            rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.I420, planes.reshape(-1).data),
            metadata=rtc.FrameMetadata(user_timestamp=stamp, frame_id=number),
        )

    async def _tell(self, number: int, capture: float) -> None:
        line = {
            "id": str(number),
            "kind": "commentary",
            "phase": "start",
            "text": f"This is line {number}.",
            "capture_time": round((capture + self._unix) * 1e6) / 1e6,
            "display_time": capture + self._unix,
            "spoken": True,
            "dropped": None,
        }
        await self._room.local_participant.send_text(json.dumps(line), topic="pressbox.line")

    async def _sounds(self, start: float, total: float) -> None:
        samples = np.zeros(round(total * RATE), np.int16)
        for number in range(LINES):
            begin = round((number * PERIOD + number % 2 * STEP) * RATE)
            sound = tone(LENGTH, named_tone_hz(number), RATE)
            samples[begin : begin + len(sound)] = sound
        step = RATE // 50
        for begin in range(-2 * RATE, len(samples) - step, step):
            piece = samples[begin : begin + step] if begin >= 0 else np.zeros(step, np.int16)
            ahead = start + begin / RATE - 0.15
            await asyncio.sleep(ahead - time.monotonic())
            await self._audio.capture_frame(rtc.AudioFrame(piece.tobytes(), RATE, 1, step))

    async def aclose(self) -> None:
        await self._video.aclose()
        await self._audio.aclose()


@asynccontextmanager
async def out_of_step(server: LiveKitServer) -> AsyncIterator[OutOfStep]:
    room = rtc.Room()
    await room.connect(server.url, server.token("sync", "speaker"))
    agent = OutOfStep(room)
    try:
        await agent.publish()
        yield agent
    finally:
        await agent.aclose()
        await room.disconnect()


async def test_lines_that_are_late_by_a_known_amount_are_measured_so(
    livekit_server: LiveKitServer,
) -> None:
    token = livekit_server.token("sync", "viewer")
    async with (
        out_of_step(livekit_server) as agent,
        watching(livekit_server.url, token) as viewer,
    ):
        await agent.play()
        await viewer.until(lambda: len(viewer.bursts) >= LINES, timeout=10, what="every line")
    lines = heard_lines(viewer.lines, viewer.bursts, viewer.frames)
    sync = {line.number: line.sync for line in lines if line.sync is not None}
    even = [error for number, error in sync.items() if number % 2 == 0]
    odd = [error for number, error in sync.items() if number % 2]
    report = picture_report(viewer.frames)
    errors = stamp_errors(viewer.frames, viewer.unix_offset)
    assert len(sync) >= LINES - 1
    assert abs(float(np.median(even)) - float(np.median(odd)) - STEP) <= 0.04
    assert report.without_metadata == report.out_of_order == report.wrong_burnt == 0
    assert max(map(abs, errors)) < 0.002
