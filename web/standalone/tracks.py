"""What a booth shows and says, for viewers by HTTP: at the moment at which it is shown and said."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext

from agent.picture.hold import Packet
from agent.sound.sound_track import Name
from config.tasks import Tasks, Tell
from video.encoder import Codec
from web.ducking import Ducking
from web.pictures import I420
from web.sound import LATER, RATE, Sound

LEAD = 0.1
"""Seconds before it is shown at which a packet is decoded: a busy machine may take its time."""
MOST = 256
"""Packets that may wait for the decoder."""


class Shown(NamedTuple):
    """A packet, Unix seconds of its capture, and when it is on display, monotonic seconds."""

    packet: Packet
    captured: float
    display: float


class Screen:
    """Decodes what is on display while anybody wants to see it."""

    def __init__(self, show: Callable[[I420, float], None], tell: Tell) -> None:
        """`show(picture, captured)` takes what is to be seen; `captured` in Unix seconds."""
        self._show = show
        self._group: list[Shown] = []
        """What there was since the last key frame, that one too."""
        self._waiting: deque[Shown] = deque(maxlen=MOST)
        self._news = asyncio.Event()
        self._wanted = False
        self._decoder: VideoCodecContext | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="screen")
        self._tasks = Tasks(tell)

    def start(self) -> None:
        """Begin."""
        self._tasks.keep("the picture", self._run)

    def want(self, wanted: bool) -> None:
        """Somebody wants to see it, or nobody any more."""
        self._wanted = wanted
        self._waiting.clear()
        if wanted:
            self._waiting.extend(self._group)
        self._news.set()

    def take(self, shown: Shown) -> None:
        """The next one."""
        if shown.packet.key:
            self._group.clear()
        self._group.append(shown)
        if self._wanted:
            self._waiting.append(shown)
            self._news.set()

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        await self._tasks.aclose()
        await asyncio.to_thread(self._pool.shutdown)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                some = self._next()
                picture = await loop.run_in_executor(self._pool, self._decoded, some)
                await asyncio.sleep(some[-1].display + LATER - time.monotonic())
                if picture is not None and self._wanted:
                    self._show(picture, some[-1].captured)

    def _next(self) -> list[Shown]:
        """The next one, or all that are due, of which the last is shown; from a key frame on."""
        some, now = [self._waiting.popleft()], time.monotonic()
        while self._waiting and self._waiting[0].display <= now:
            shown = self._waiting.popleft()
            some = [shown] if shown.packet.key else [*some, shown]
        return some

    def _decoded(self, shown: list[Shown]) -> I420 | None:
        """The last picture of these; None: it cannot be had. Runs in a thread of its own."""
        picture = None
        for packet, _, _ in shown:
            if packet.key:
                self._decoder = _decoder(packet.codec)
            if self._decoder is None:
                continue
            try:
                for frame in self._decoder.decode(av.Packet(packet.data)):
                    picture = frame
            except av.FFmpegError:
                self._decoder = None
        return None if picture is None else picture.to_ndarray(format="yuv420p").view(np.uint8)


def _decoder(codec: Codec) -> VideoCodecContext:
    decoder = VideoCodecContext.create(codec, "r")
    decoder.thread_count = 1
    decoder.flags |= Flags.low_delay
    return decoder


class LocalPicture:
    """A `PictureTrack`. There is no network, and nothing to end."""

    lead = LEAD

    def __init__(self, screen: Screen, codec: Codec) -> None:
        self.codec = codec
        self._screen = screen

    def send(self, packet: Packet, *, display: float, unix: int) -> bool:
        self._screen.take(Shown(packet, unix / 1e6, display))
        return True

    def bitrate_wish(self) -> int:
        return 0

    async def aclose(self) -> None:
        pass


class LocalSound:
    """A `SoundTrack`: plays as fast as the clock, whether anybody listens or not."""

    sid = ""

    def __init__(
        self, sound: Sound, ducking: Ducking, name: Name, rate: int, queue_ms: int
    ) -> None:
        self._sound = sound
        self._ducking = ducking
        self._name = name
        self._rate = rate
        self._queue = queue_ms / 1000
        self._until = 0.0
        self._resampler = av.AudioResampler("s16", "mono", RATE)

    @property
    def queued(self) -> float:
        return max(self._until - time.monotonic(), 0.0)

    async def take(self, pcm: bytes) -> None:
        now = time.monotonic()
        self._until = max(now, self._until) + len(pcm) / 2 / self._rate
        if self._sound.listeners:
            self._push(pcm, now)
        if (wait := self.queued - self._queue) > 0:
            await asyncio.sleep(wait)

    def clear(self) -> None:
        self._until = time.monotonic()

    async def aclose(self) -> None:
        pass

    def _push(self, pcm: bytes, now: float) -> None:
        samples = np.frombuffer(pcm, np.int16)
        if self._rate != RATE:
            frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate = self._rate
            pieces = [piece.to_ndarray()[0] for piece in self._resampler.resample(frame)]
            samples = np.concatenate(pieces) if pieces else samples[:0]
        if self._name == "commentary":
            self._ducking.heard(samples, now)
        else:
            samples = self._ducking.lowered(samples, now)
        self._sound.push(self._name, samples)
