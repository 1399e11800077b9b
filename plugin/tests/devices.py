"""A camera and a loudspeaker for an `AgentSession` without a room."""

from __future__ import annotations

import asyncio
import time

from livekit import rtc
from livekit.agents import APIConnectOptions, tts
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS
from livekit.agents.voice import io
from livekit.plugins.pressbox import LINE_KEY, Line
from pictures import i420


class Camera(io.VideoInput):
    """Gives a picture every 20 ms."""

    def __init__(self) -> None:
        super().__init__(label="camera")

    async def __anext__(self) -> rtc.VideoFrame:
        await asyncio.sleep(0.02)
        return i420()


class Loudspeaker(io.AudioOutput):
    """Plays in real time and notes what it played."""

    def __init__(self) -> None:
        super().__init__(label="loudspeaker", capabilities=io.AudioOutputCapabilities(pause=False))
        self.lines: list[Line] = []
        self.spans: list[tuple[float, float]] = []
        self._seconds = 0.0
        self._started = 0.0
        self._playing: asyncio.Task[None] | None = None
        self.heard = asyncio.Condition()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if LINE_KEY in frame.userdata:
            self.lines.append(frame.userdata[LINE_KEY])
            self._started = time.monotonic()
            self.on_playback_started(created_at=time.time())
            async with self.heard:
                self.heard.notify_all()
        self._seconds += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._seconds:
            self._playing = asyncio.create_task(self._play(self._seconds))
        self._seconds = 0.0

    def clear_buffer(self) -> None:
        if self._playing is not None:
            self._playing.cancel()
            self._end(interrupted=True)

    async def _play(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, self._started + seconds - time.monotonic()))
        self._end(interrupted=False)

    def _end(self, *, interrupted: bool) -> None:
        self._playing = None
        played = time.monotonic() - self._started
        self.spans.append((self._started, time.monotonic()))
        self.on_playback_finished(playback_position=played, interrupted=interrupted)

    async def wait_lines(self, count: int) -> None:
        async with asyncio.timeout(20), self.heard:
            await self.heard.wait_for(lambda: len(self.lines) >= count)


class FakeTTS(tts.TTS[None]):
    """Says every text as a tenth of a second of nothing."""

    def __init__(self) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=False), sample_rate=24_000, num_channels=1
        )
        self.texts: list[str] = []
        self.spoke = asyncio.Event()

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        self.texts.append(text)
        self.spoke.set()
        return _Silence(tts=self, input_text=text, conn_options=conn_options)


class _Silence(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id="1", sample_rate=24_000, num_channels=1, mime_type="audio/pcm"
        )
        output_emitter.push(bytes(4_800))
        output_emitter.flush()
