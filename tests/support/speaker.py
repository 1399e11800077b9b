"""A participant whose microphone plays espeak-ng's voice, and whatever else comes into one."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

import numpy as np
from livekit import rtc
from numpy.typing import NDArray

from agent.hearing.push_to_talk import TALK
from speech import espeak_voices
from speech.espeak import Espeak
from speech.resampling import Resampler
from tests.support.camera import room_options
from tests.support.livekit_server import LiveKitServer

RATE = 48_000
PIECE = RATE // 50
"""Samples handed over at once: 20 ms."""


_espeak = cache(Espeak)


@cache
def spoken(text: str, voice: str = "en-us", rate: int = RATE) -> bytes:
    """espeak-ng saying a text: mono int16 at `rate` Hz."""
    pieces: list[bytes] = []

    def take(pcm: bytes) -> bool:
        pieces.append(pcm)
        return True

    _espeak().speak(text, espeak_voices.resolve(voice) or voice, take)
    resampler = Resampler(_espeak().rate, rate)
    return resampler.push(b"".join(pieces)) + resampler.flush()


def fan(seconds: float, rate: int = RATE) -> bytes:
    """A fan: hum of the mains and pink noise."""
    count = round(seconds * rate)
    white = np.random.default_rng(1).normal(size=count)
    spectrum = np.fft.rfft(white) / np.sqrt(np.maximum(np.fft.rfftfreq(count, 1 / rate), 20))
    pink = np.fft.irfft(spectrum, count)
    times = np.arange(count) / rate
    hum = np.sin(2 * np.pi * 100 * times) + 0.5 * np.sin(2 * np.pi * 200 * times)
    return _int16(pink / pink.std() + hum)


def keyboard(seconds: float, rate: int = RATE) -> bytes:
    """Somebody types: short clicks of noise, eight a second."""
    count, dice = round(seconds * rate), np.random.default_rng(2)
    sound, length = np.zeros(count), round(0.025 * rate)
    for begin in dice.integers(0, count - length, round(8 * seconds)):
        fading = np.exp(-np.arange(length) / (0.004 * rate))
        sound[begin : begin + length] += 4 * dice.normal(size=length) * fading
    return _int16(sound)


def music(seconds: float, rate: int = RATE) -> bytes:
    """Chords of plucked tones, two a second."""
    half = np.arange(rate // 2) / rate
    beats = []
    for number in range(round(2 * seconds)):
        chord = [
            220.0 * 2 ** (step / 12) for step in ((0, 4, 7), (5, 9, 12), (7, 11, 14))[number % 3]
        ]
        tones = [np.sin(2 * np.pi * hz * n * half) / n for hz in chord for n in range(1, 6)]
        beats.append(np.sum(tones, axis=0) * np.exp(-half * 4))
    return _int16(np.concatenate(beats))


def _int16(sound: NDArray[np.float64]) -> bytes:
    return bytes((sound / np.abs(sound).max() * 12_000).astype("<i2").tobytes())


class Speaker:
    """Has a microphone that is always on unless it is muted; made by `speaker`."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self._source = rtc.AudioSource(RATE, 1, queue_size_ms=100)
        self._track = rtc.LocalAudioTrack.create_audio_track("microphone", self._source)
        self._waiting: list[bytes] = []
        self._quiet = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def publish(self) -> None:
        """Publish the microphone."""
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.room.local_participant.publish_track(self._track, options)
        self._task = asyncio.create_task(self._run(), name="speaker.run")

    async def play(self, sound: bytes) -> None:
        """Until 48 kHz mono int16 have gone into the microphone."""
        self._quiet.clear()
        self._waiting += [sound[i : i + 2 * PIECE] for i in range(0, len(sound), 2 * PIECE)]
        await self._quiet.wait()

    async def say(self, text: str, voice: str = "en-us") -> None:
        """Say a text, and a quarter of a second nothing."""
        await self.play(spoken(text, voice) + bytes(RATE // 2))

    async def hold(self, on: bool) -> None:
        """Press the button, or let it go."""
        await self.room.local_participant.set_attributes({TALK: "1" if on else "0"})

    async def call(self, agent: str, on: bool) -> None:
        """The same as a robot does it."""
        await self.room.local_participant.perform_rpc(
            destination_identity=agent, method=TALK, payload=json.dumps({"on": on})
        )

    def mute(self, on: bool) -> None:
        """Switch the microphone off or on."""
        self._track.mute() if on else self._track.unmute()

    async def aclose(self) -> None:
        """Leave. Idempotent."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self._source.aclose()
        await self.room.disconnect()

    async def _run(self) -> None:
        while True:
            piece = self._waiting.pop(0) if self._waiting else b""
            if not self._waiting:
                self._quiet.set()
            data = piece.ljust(2 * PIECE, b"\0")
            await self._source.capture_frame(rtc.AudioFrame(data, RATE, 1, PIECE))


@asynccontextmanager
async def speaker(server: LiveKitServer, room: str, identity: str) -> AsyncIterator[Speaker]:
    """A person in `room` with a microphone."""
    connection = rtc.Room()
    await connection.connect(server.url, server.token(room, identity), room_options())
    made = Speaker(connection)
    try:
        await made.publish()
        yield made
    finally:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(made.aclose(), 10)
