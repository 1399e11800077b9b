"""The speaker: text that comes in pieces goes out with sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
from gated_engine import tone
from livekit.plugins.pressbox.engine import Delta

from agent.voice.speaker import MOST_PATIENCE, REST_FIRST, Speaker
from tests.support.leaks import leaked_tasks

from .scripted_voice import Choice, ScriptedVoice


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def answer(*items: Delta | Exception | asyncio.Event) -> AsyncGenerator[Delta, None]:
    """Deltas, exceptions to raise, events to wait for."""
    for item in items:
        if isinstance(item, Exception):
            raise item
        if isinstance(item, asyncio.Event):
            await item.wait()
        else:
            yield item


def text(*parts: str) -> list[Delta]:
    return [Delta(text=part) for part in parts]


@asynccontextmanager
async def speaker(
    voice: ScriptedVoice | str, tts: str = "espeak", clock: Clock | None = None
) -> AsyncIterator[Speaker]:
    made = Speaker(Choice(tts=tts, voice=voice), clock=clock or Clock())
    try:
        yield made
    finally:
        await made.aclose()


def voiced(
    made: Speaker, *items: Delta | Exception | asyncio.Event, speaks: bool | None = None
) -> AsyncGenerator[Delta, None]:
    return made.voiced(answer(*items), engine_speaks=speaks, language="en", voice="")


async def heard(
    made: Speaker, *items: Delta | Exception | asyncio.Event, speaks: bool | None = None
) -> list[Delta]:
    async with aclosing(voiced(made, *items, speaks=speaks)) as deltas:
        return [delta async for delta in deltas]


def seconds(deltas: list[Delta]) -> float:
    return sum(len(delta.pcm) for delta in deltas) / 48_000


async def test_the_first_sentence_is_heard_while_the_text_still_comes() -> None:
    voice, rest = ScriptedVoice(), asyncio.Event()
    async with speaker(voice) as made:
        deltas = voiced(made, *text("A man ", "runs. He"), rest, *text(" stops."))
        async with aclosing(deltas):
            got = []
            async for delta in deltas:
                got.append(delta)
                if seconds(got) >= 0.19:
                    rest.set()
        assert "".join(delta.text for delta in got) == "A man runs. He stops."
        assert voice.said == ["A man runs.", "He stops."]
        assert seconds(got) == pytest.approx(0.2 + 0.3 + 0.2, abs=0.03)
    assert voice.closed


OWN = Delta(pcm=tone(1.0))
BROKEN = [Delta(text="One."), OWN, Delta(notice="speech failed: no memory"), Delta(text=" Two.")]
WHO: list[tuple[str, bool | None, list[Delta], list[str]]] = [
    *((tts, True, [*text("Hello."), OWN], ["Hello."]) for tts in ("espeak", "piper", "elevenlabs")),
    ("espeak", None, text("...", "\n"), []),
    ("espeak", None, [], []),
    ("auto", None, [Delta(text="Hel"), OWN, Delta(text="lo. And more.")], []),
    ("auto", True, BROKEN, []),
    ("auto", True, text("One. ", "Two."), ["One.", "Two."]),
    ("auto", False, [*text("One."), OWN], ["One."]),
    ("engine", False, text("One."), []),
]


@pytest.mark.parametrize(("tts", "speaks", "deltas", "said"), WHO)
async def test_a_line_has_one_voice(
    tts: str, speaks: bool | None, deltas: list[Delta], said: list[str]
) -> None:
    """``speaks``: what is known of the engine; ``said``: what is spoken in its place."""
    voice = ScriptedVoice()
    async with speaker(voice, tts) as made:
        assert made.always == (tts not in ("auto", "engine"))
        got = await heard(made, *deltas, speaks=speaks)
    assert voice.said == said
    assert "".join(delta.text for delta in got) == "".join(delta.text for delta in deltas)
    if said:
        assert 0.19 <= seconds(got) <= 0.3 + 0.5 * (len(said) - 1)
    elif tts in ("auto", "engine"):
        assert got == deltas
    else:
        assert seconds(got) == 0


async def test_a_voice_that_failed_rests_ever_longer_and_is_tried_again() -> None:
    clock, voice = Clock(), ScriptedVoice(failing=("Bad.",))
    async with speaker(voice, clock=clock) as made:
        got = await heard(made, *text("Good. Bad. Never said."))
        assert seconds(got) == pytest.approx(0.2, abs=0.03)
        for rest in (REST_FIRST, 2 * REST_FIRST, 4 * REST_FIRST):
            clock.now += rest - 0.01
            got += await heard(made, *text("Left out."))
            clock.now += 0.01
            await heard(made, *text("Bad."))
        assert [delta.notice for delta in got if delta.notice] == [
            "speech failed, lines are text only: no breath"
        ] * 4
        assert voice.said == ["Good.", *["Bad."] * 4]
        clock.now += 8 * REST_FIRST
        assert seconds(await heard(made, *text("Again."))) > 0.1


async def test_a_line_given_up_while_the_voice_was_silent_counts_against_the_voice() -> None:
    clock, voice = Clock(), ScriptedVoice(gate=asyncio.Event())
    async with speaker(voice, clock=clock) as made:
        deltas = voiced(made, *text("Hello."))
        async with aclosing(deltas):
            await anext(deltas)
            await voice.begun.wait()
            clock.now += MOST_PATIENCE + 0.1
        got = await heard(made, *text("Next."))
        assert "no sound in time" in "".join(delta.notice for delta in got)
    assert voice.said == ["Hello."]


async def test_closing_stops_voice_and_engine_and_leaves_no_task() -> None:
    before = asyncio.all_tasks()
    voice, never = ScriptedVoice(half=asyncio.Event()), asyncio.Event()
    source = answer(*text("One. Two."), never)
    async with speaker(voice) as made:
        deltas = made.voiced(source, engine_speaks=None, language="en", voice="")
        async for delta in deltas:
            if delta.pcm:
                break
        await deltas.aclose()
        assert (voice.open, voice.stopped, voice.said) == (0, 1, ["One."])
        assert await anext(source, None) is None, "the engine's answer is closed too"
        assert not await leaked_tasks(before)
