"""Fakes of what LiveKit publishes from: sound, encoded pictures, local tracks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace

from livekit import rtc
from livekit.rtc._proto import track_pb2

from tests.support.rtc_script import Script

TICK = 0.01
"""Seconds: the sound device takes 10 ms at a time, and only then looks at what was cleared."""

SPACING = 0.002
"""Seconds; of encoded frames handed over closer together the later ones are lost in silence."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece of sound and when it was heard, in seconds of the clock."""

    start: float
    end: float
    frame: rtc.AudioFrame


class FakeAudioSource(rtc.AudioSource):
    """Plays in seconds of the (virtual) clock. One frame at a time: a second one that comes while
    the first still waits for room, also after its caller was cancelled, is refused like LiveKit's.
    """

    def __init__(
        self, script: Script, sample_rate: int, num_channels: int, queue_size_ms: int = 1000
    ) -> None:
        self._script = script
        self._sample_rate = sample_rate
        self._num_channels = num_channels
        self._loop = asyncio.get_running_loop()
        self._last_capture = 0.0
        self._q_size = 0.0
        self._join_handle = None
        self._join_fut = None
        self._queue_seconds = queue_size_ms / 1000
        self._plays_until = 0.0
        self._busy_until = 0.0
        self._cleared = asyncio.Event()
        self.heard: list[Heard] = []
        self.closed = False

    def clear_queue(self) -> None:
        self._check_open()
        now = time.monotonic()
        self.heard = [replace(p, end=min(p.end, now)) for p in self.heard if p.start < now]
        self._plays_until = min(self._plays_until, now)
        self._busy_until = min(self._busy_until, now + TICK)
        self._cleared.set()
        self._release_waiter()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        if frame.samples_per_channel == 0:
            return
        self._check_open()
        if frame.sample_rate != self._sample_rate or frame.num_channels != self._num_channels:
            raise Exception("InvalidState - sample_rate and num_channels don't match")
        self._count(frame.samples_per_channel / self._sample_rate)
        await self._script.run("capture_audio")
        if time.monotonic() < self._busy_until:
            raise Exception("InvalidState - failed to capture frame")
        await self._queue(frame)

    def _count(self, seconds: float) -> None:
        """As LiveKit's own, which counts a frame before it knows whether it is taken."""
        now = time.monotonic()
        elapsed = 0.0 if self._last_capture == 0.0 else now - self._last_capture
        self._q_size += seconds - elapsed
        self._last_capture = now
        if self._join_handle:
            self._join_handle.cancel()
        if self._join_fut is None:
            self._join_fut = self._loop.create_future()
        self._join_handle = self._loop.call_later(self._q_size, self._release_waiter)

    async def _queue(self, frame: rtc.AudioFrame) -> None:
        start = max(time.monotonic(), self._plays_until)
        self._plays_until = start + frame.samples_per_channel / self._sample_rate
        self.heard.append(Heard(start, self._plays_until, frame))
        self._busy_until = self._plays_until - self._queue_seconds
        while (left := self._busy_until - time.monotonic()) > 0:
            self._cleared.clear()
            try:
                async with asyncio.timeout(left):
                    await self._cleared.wait()
            except TimeoutError:
                return

    async def aclose(self) -> None:
        self.closed = True

    def _check_open(self) -> None:
        if self.closed:
            raise Exception("InvalidState - the source is closed")


@dataclass(frozen=True, slots=True)
class Sent:
    """An encoded frame that was accepted at `time`. `seen`: it reached a viewer who could decode
    it.
    """

    time: float
    frame: rtc.EncodedVideoFrame
    seen: bool


class FakeEncodedVideoSource(rtc.EncodedVideoSource):
    """Accepts or refuses by script (`capture_video`), and loses what comes too close together: a
    viewer then sees nothing more up to the next key frame.
    """

    def __init__(self, script: Script, width: int, height: int) -> None:
        if width <= 0 or height <= 0:
            raise ValueError("encoded source dimensions must be positive")
        self._script = script
        self._broken = True
        self._last = float("-inf")
        self._codec: int | None = None
        self._feedback = rtc.EncodedVideoSourceFeedback(False, None)
        self.size = width, height
        self.sent: list[Sent] = []
        self.refused: list[rtc.EncodedVideoFrame] = []
        self.closed = False

    @property
    def seen(self) -> list[rtc.EncodedVideoFrame]:
        """The frames that a viewer has decoded."""
        return [sent.frame for sent in self.sent if sent.seen]

    def wish(self, *, bitrate: int | None = None, key: bool = False) -> None:
        """What the network asks for with the next feedback; bitrate in bits per second."""
        rate = rtc.EncodedRateControl(bitrate, 30.0) if bitrate else self._feedback.rate_control
        self._feedback = rtc.EncodedVideoSourceFeedback(
            key or self._feedback.keyframe_requested, rate
        )

    def capture_frame(self, frame: rtc.EncodedVideoFrame) -> bool:
        self._check_open()
        self._codec = frame.codec if self._codec is None else self._codec
        step = self._script.take("capture_video")
        if isinstance(step, BaseException):
            raise step
        if step is not None or frame.codec != self._codec:
            self.refused.append(frame)
            self._break()
            return False
        now = time.monotonic()
        lost = now - self._last < SPACING - 1e-9
        if lost:
            self._break()
        else:
            self._last = now
            if frame.frame_type == rtc.EncodedFrameType.ENCODED_FRAME_KEY:
                self._broken = False
        self.sent.append(Sent(now, frame, seen=not self._broken))
        return True

    def take_feedback(self) -> rtc.EncodedVideoSourceFeedback:
        self._check_open()
        feedback = self._feedback
        self._feedback = rtc.EncodedVideoSourceFeedback(False, None)
        return feedback

    async def aclose(self) -> None:
        self.closed = True

    def _break(self) -> None:
        self._broken = True
        self.wish(key=True)

    def _check_open(self) -> None:
        if self.closed:
            raise Exception("the source is closed")


class FakeLocalAudioTrack(rtc.LocalAudioTrack):
    """Has no sid until it is published."""

    def __init__(self, name: str, source: FakeAudioSource) -> None:
        self._info = track_pb2.TrackInfo(name=name, kind=rtc.TrackKind.KIND_AUDIO)
        self.fed_by = source

    def mute(self) -> None:
        self._info.muted = True

    def unmute(self) -> None:
        self._info.muted = False


class FakeLocalVideoTrack(rtc.LocalVideoTrack):
    """Has no sid until it is published."""

    def __init__(self, name: str, source: FakeEncodedVideoSource) -> None:
        self._info = track_pb2.TrackInfo(name=name, kind=rtc.TrackKind.KIND_VIDEO)
        self.fed_by = source


class FakeLocalPublication(rtc.LocalTrackPublication):
    """As LiveKit returns it from `publish_track`."""

    def __init__(
        self,
        info: track_pb2.TrackPublicationInfo,
        track: FakeLocalAudioTrack | FakeLocalVideoTrack,
    ) -> None:
        self._info = info
        self._track = track
        self._first_subscription = asyncio.get_running_loop().create_future()
