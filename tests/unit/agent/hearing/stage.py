"""People with microphones in a fake room, on virtual time; a window is a voice or it is not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import pytest
from livekit import rtc

from agent.hearing.hearing import Hearing
from agent.hearing.stt import Recogniser, Stt
from agent.hearing.utterance import SAMPLE_RATE, WINDOW_SAMPLES, WINDOW_SECONDS
from config.room_settings import RoomSettings
from speech.whisper import HearingError
from tests.support.fake_remote import FakeRemoteParticipant, FakeRemotePublication
from tests.support.fake_rtc import FakeRoom, FakeRtc
from tests.unit.agent.picture.source_stage import FakeStream

AUDIO = rtc.TrackKind.KIND_AUDIO
MICROPHONE = rtc.TrackSource.SOURCE_MICROPHONE
VOICE, AIR = b"\x01\x00", b"\x00\x00"


class FakeAudioStream(FakeStream):
    """16 kHz mono, in pieces that are not windows."""

    open: ClassVar[dict[str, Any]] = {}

    def __init__(self, track: rtc.Track, *, sample_rate: int, num_channels: int, **_: Any) -> None:
        assert (sample_rate, num_channels) == (SAMPLE_RATE, 1)
        super().__init__(track)

    def sound(self, sample: bytes) -> None:
        """One window's worth, in two pieces."""
        for count in (160, WINDOW_SAMPLES - 160):
            self.put(rtc.AudioFrameEvent(rtc.AudioFrame(sample * count, SAMPLE_RATE, 1, count)))


class FakeVoiceActivity:
    """Hears a voice in a window that has one."""

    asked: ClassVar[int] = 0

    def probability(self, window: bytes) -> float:
        FakeVoiceActivity.asked += 1
        return 0.9 if window[:2] == VOICE else 0.0

    def reset(self) -> None:
        pass


class Person:
    """Somebody with a microphone, whose sound comes as long as it is on."""

    def __init__(self, participant: FakeRemoteParticipant, muted: bool) -> None:
        self.participant = participant
        self.identity = participant.identity
        self.publication: FakeRemotePublication = participant.publish(
            kind=AUDIO, source=MICROPHONE, mime_type="audio/opus"
        )
        self.publication._info.muted = muted
        self.speaking = False

    def hold(self, on: bool) -> None:
        self.participant.change(pressbox__talk="1" if on else "0")

    async def say(self, seconds: float = 1.0, then: float = 0.0) -> None:
        """`then`: seconds of silence after it."""
        self.speaking = True
        await asyncio.sleep(seconds)
        self.speaking = False
        await asyncio.sleep(then)

    async def ask(self, seconds: float = 1.0, then: float = 2.0) -> None:
        """With the button held."""
        self.hold(True)
        await self.say(seconds)
        self.hold(False)
        await asyncio.sleep(then)


class ScriptedStt:
    """The real interface; answers from a list, after so many seconds."""

    def __init__(self) -> None:
        self.texts: list[str | Exception] = []
        self.seconds = 0.2
        self.heard: list[tuple[float, str]] = []
        """Length of each sound, and the language."""
        self.at_once = self.most_at_once = 0
        self.prepared = 0
        self.unfit = ""
        self.closed = False

    async def prepare(self) -> None:
        self.prepared += 1
        if self.unfit:
            raise HearingError(self.unfit)

    async def recognise(self, sound: bytes, language: str) -> str:
        self.heard.append((len(sound) / (2 * SAMPLE_RATE), language))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.at_once -= 1
        text = self.texts.pop(0) if self.texts else "What is it?"
        if isinstance(text, Exception):
            raise text
        return text

    async def aclose(self) -> None:
        self.closed = True


class Stage:
    def __init__(self, room: FakeRoom, stt: str, hears: bool, settings: dict[str, object]) -> None:
        self.room = room
        self.stt = ScriptedStt()
        self.hears = hears
        self.questions: list[tuple[str, str, bytes]] = []
        self.waited = 0.0
        """Seconds from the end of the newest question until it was handed over."""
        self.refused: list[tuple[str, str]] = []
        self.talking: list[tuple[float, str, bool]] = []
        self.told: list[str] = []
        self.people: list[Person] = []
        self.watched = ""
        recogniser = Recogniser(stt)
        recogniser.make = self._make  # type: ignore[method-assign]
        self.hearing = Hearing(
            room,
            RoomSettings().updated(settings),
            recogniser,
            engine_hears=lambda: self.hears,
            put=self._asked,
            refuse=lambda *refusal: self.refused.append(refusal),
            talking=self._talks,
            watched=lambda: self.watched,
            has_key=False,
            tell=self.told.append,
        )

    @property
    def texts(self) -> list[tuple[str, str]]:
        return [(identity, text) for identity, text, _ in self.questions]

    def _make(self) -> Stt:
        return self.stt

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def person(
        self,
        identity: str,
        *,
        muted: bool = False,
        kind: rtc.ParticipantKind.ValueType = rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
        attributes: dict[str, str] | None = None,
    ) -> Person:
        participant = self.room.join(identity, kind=kind, attributes=attributes)
        self.people.append(Person(participant, muted))
        return self.people[-1]

    def set(self, **changes: object) -> None:
        self.hearing.listen(RoomSettings().updated(changes))

    def _asked(self, identity: str, text: str, sound: bytes, at: float) -> None:
        self.questions.append((identity, text, sound))
        self.waited = self.now() - at

    def _talks(self, identity: str, on: bool) -> None:
        assert [one for _, who, one in self.talking if who == identity][-1:] != [on]
        self.talking.append((self.now(), identity, on))


async def breathe(people: list[Person]) -> None:
    """Keep sound coming out of the microphones of these, who may change."""
    while True:
        for person in people:
            stream = FakeAudioStream.open.get(person.publication.sid)
            if stream and not person.publication.muted:
                stream.sound(VOICE if person.speaking else AIR)
        await asyncio.sleep(WINDOW_SECONDS)


def fake_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fakes in the place of LiveKit's streams and of silero."""
    FakeAudioStream.open.clear()
    FakeVoiceActivity.asked = 0
    monkeypatch.setattr(rtc, "AudioStream", FakeAudioStream)
    monkeypatch.setattr("agent.hearing.ear.VoiceActivity", FakeVoiceActivity)


Staged = Callable[..., contextlib.AbstractAsyncContextManager[Stage]]
"""The fixture `staged`: `stage` in a fake room."""


@contextlib.asynccontextmanager
async def stage(
    fake_rtc: FakeRtc,
    monkeypatch: pytest.MonkeyPatch,
    stt: str = "auto",
    *,
    hears: bool = False,
    **settings: object,
) -> AsyncIterator[Stage]:
    fake_sound(monkeypatch)
    on = Stage(fake_rtc.room(), stt, hears, settings)
    on.hearing.start()
    air = asyncio.create_task(breathe(on.people))
    try:
        yield on
    finally:
        await on.hearing.aclose()
        await on.hearing.aclose()
        air.cancel()
        await asyncio.wait({air})
        assert FakeAudioStream.open == {}
