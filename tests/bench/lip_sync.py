"""Sound in step with its picture: `python -m tests.bench.lip_sync [SECONDS] [NAME…]`.

The names are those of tests/sources/cases.py. Each source is taken from a real peer twice, for
SECONDS each time: as the relay hands it over (reader and buffer, no WebRTC), and as a viewer of a
room gets it, beside what LiveKit's SDK publishes by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from livekit import rtc

from config.source_address import parse
from ingress.reader.messages import Request, Sound, Unit
from ingress.sound_buffer import SoundBuffer
from ingress.supervisor import Supervisor
from tests.bench.report import Row, ms, p, table
from tests.bench.rig import started_server
from tests.peers.camera import beeps, picture
from tests.sources.cases import CASES, Case
from tests.sources.room_viewer import RATE, Frame, Seen, viewing
from tests.sources.service import serving
from tests.sources.stage import Stage
from tests.support import burnt_clock
from tests.support.livekit_server import LiveKitServer
from tests.support.onsets import BurstDetector

NAMES = (
    *("vlc-rtsp", "rtsp-udp-h264-pcma", "rtsp-udp-h264-opus", "rtsp-from-ffmpeg"),
    *("http-ts-from-ffmpeg", "hls-from-ffmpeg", "file-clip-ts"),
)
SETTLE = 15.0
"""Seconds after which beeps count: until then it is learnt how late they come."""

PIECE = 0.01
"""Seconds between two looks for sound that is due, and of sound that the plain publisher sends."""
SIZE, FPS, BARE = (320, 180), 15, "LiveKit's SDK alone"


class HandOver:
    """A source as the relay hands it over: when each picture and each beep leaves it."""

    def __init__(self, case: Case, url: str) -> None:
        self.seen = Seen()
        self.supervisor = Supervisor(
            Request(parse(url).url, transport=case.transport),
            stall_after=3.0,
            changed=lambda: None,
            show=self._show,
            play=self._play,
        )
        self._longest = 0.0
        self._buffer = SoundBuffer()
        self._detector = BurstDetector(RATE)
        self._decoder: VideoCodecContext = av.CodecContext.create("h264", "r")
        self._decoder.thread_count = 1

    async def run(self, name: str, seconds: float) -> None:
        """For so long."""
        self.supervisor.start(name)
        begun, end = time.monotonic(), 0.0
        while (now := time.monotonic()) < begun + seconds:
            data = self._buffer.due(now, max(end - now, 0.0))
            if data:
                begin = max(end, now)
                end = begin + len(data) / 2 / RATE
                self.seen.bursts += self._detector.push(np.frombuffer(data, np.int16), begin)
            await asyncio.sleep(PIECE)
        await self.supervisor.aclose()

    @property
    def said(self) -> str:
        """What was seen, for a person."""
        return f"{said(self.seen)}; the picture waits {self._longest:.1f} s at most"

    def _play(self, sound: Sound) -> None:
        self._buffer.push(sound, time.monotonic())

    def _show(self, unit: Unit) -> None:
        now, hold = time.monotonic(), self._buffer.hold
        self._longest = max(self._longest, hold)
        with contextlib.suppress(av.FFmpegError):
            for frame in self._decoder.decode(av.Packet(unit.data)):
                luma = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
                shown = max(now, unit.time + hold) if hold else now
                seen = Frame(shown, frame.width, frame.height, burnt_clock.read(luma))
                self.seen.frames.append(seen)


@contextlib.contextmanager
def staged(cases: Sequence[Case]) -> Iterator[tuple[Stage, dict[str, str]]]:
    """A stage on which they are to play, and their addresses by name."""
    with TemporaryDirectory(prefix="pressbox-lip-sync-", ignore_cleanup_errors=True) as folder:
        stage = Stage(Path(folder))
        yield stage, {case.name: case.make(stage) for case in cases}


async def handed_over(cases: Sequence[Case], seconds: float) -> dict[str, HandOver]:
    """All of them for so many seconds."""
    with staged(cases) as (stage, urls):
        made = {one.name: HandOver(one, urls[one.name]) for one in cases}
        async with stage:
            await asyncio.gather(*(one.run(name, seconds) for name, one in made.items()))
        return made


async def viewed(server: LiveKitServer, cases: Sequence[Case], seconds: float) -> dict[str, Seen]:
    """What a viewer had of each, and of a plain publisher."""
    with staged(cases) as (stage, urls):
        async with (
            stage,
            serving(server, stage.folder) as service,
            viewing(server, service.room) as viewer,
            published(server, service.room),
        ):
            for case in cases:
                await service.add(case.name, urls[case.name], transport=case.transport)
            await asyncio.sleep(seconds)
            return {name: viewer.of(name) for name in (BARE, *urls)}


@contextlib.asynccontextmanager
async def published(server: LiveKitServer, room_name: str) -> AsyncIterator[None]:
    """A camera and a microphone as LiveKit's SDK publishes them by itself."""
    room, pictures = rtc.Room(), rtc.VideoSource(*SIZE)
    sounds = rtc.AudioSource(RATE, 1, queue_size_ms=100)
    await room.connect(server.url, server.token(room_name, BARE))
    for track in (
        rtc.LocalVideoTrack.create_video_track("camera", pictures),
        rtc.LocalAudioTrack.create_audio_track("sound", sounds),
    ):
        await room.local_participant.publish_track(
            track, rtc.TrackPublishOptions(dtx=False, simulcast=False)
        )
    tasks = [asyncio.create_task(_show(pictures)), asyncio.create_task(_play(sounds))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await room.disconnect()


async def _show(to: rtc.VideoSource) -> None:
    begun, number = time.monotonic(), 0
    while True:
        planes = picture(SIZE, number, time.monotonic()).to_ndarray().tobytes()
        to.capture_frame(rtc.VideoFrame(*SIZE, rtc.VideoBufferType.I420, planes))
        number += 1
        await asyncio.sleep(max(0.0, begun + number / FPS - time.monotonic()))


async def _play(to: rtc.AudioSource) -> None:
    begun, sent, piece = time.monotonic(), 0, round(PIECE * RATE)
    while True:
        data = beeps(begun, sent, sent + piece, RATE).to_ndarray().tobytes()
        await to.capture_frame(rtc.AudioFrame(data, RATE, 1, piece))
        sent += piece
        await asyncio.sleep(max(0.0, begun + sent / RATE - time.monotonic()))


def said(seen: Seen) -> str:
    """By how much sound is behind its picture, for a person."""
    offsets = seen.offsets(seen.frames[0].received + SETTLE) if seen.frames else []
    amounts = [abs(one) for one in offsets]
    return f"p50 {ms(p(offsets, 0.5))}, p95 of amounts {ms(p(amounts, 0.95))}, {len(offsets)} beeps"


async def main(seconds: float, names: Sequence[str]) -> None:
    """Prints a table."""
    cases = [one for one in CASES if one.name in names]
    handed = await handed_over(cases, seconds + SETTLE)
    with started_server() as server:
        await server.ready()
        seen = await viewed(server, cases, seconds + SETTLE)
    rows = []
    for name, one in seen.items():
        here = handed[name].said if name in handed else ""
        rows.append(Row(f"sound of {name}", "p95 ≤ 60 ms", here, f"at a viewer {said(one)}"))
    sys.stdout.write(table(rows))


if __name__ == "__main__":
    words = argparse.ArgumentParser(prog="python -m tests.bench.lip_sync", description=__doc__)
    words.add_argument("seconds", nargs="?", type=float, default=60.0)
    words.add_argument("names", nargs="*", default=NAMES, metavar="NAME")
    asyncio.run(main(**vars(words.parse_args())))
