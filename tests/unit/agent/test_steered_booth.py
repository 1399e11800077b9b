"""A booth that is steered while it speaks, on virtual time."""

from __future__ import annotations

import asyncio
import time

from tests.support.virtual_time import virtual
from tests.unit.commentator.scripted_client import Say, ScriptedClient

from .booth_stage import StagedBooth


@virtual
async def test_stop_is_silence_at_once_and_go_on_ends_it(staged_booth: StagedBooth) -> None:
    client = ScriptedClient(answer=lambda _: Say("one two three four five six", seconds=6.0))
    async with staged_booth(client, fps=2.0) as on:
        await on.until(lambda: bool(on.in_state("playing")))
        heard = on.in_state("playing")[0]
        await asyncio.sleep(1.0)
        asked = time.monotonic()
        on.ask("Stop!")
        await on.until(lambda: heard.over)
        assert time.monotonic() - asked < 0.2
        await on.until(lambda: on.status["mode"] == "idle")
        requests = client.count
        await asyncio.sleep(30.0)
        assert not [
            line
            for at, line, state in on.states
            if state == "playing" and at > asked and line.kind == "commentary"
        ]
        assert client.count == requests
        on.ask("What is it?")
        await on.until(lambda: any(line.question == "What is it?" for line in on.in_state("ended")))
        back = time.monotonic()
        on.ask("go on")
        await on.until(lambda: on.status["mode"] == "active")
        await on.until(
            lambda: any(
                line.kind == "commentary" and at > back
                for at, line, state in on.states
                if state == "playing"
            ),
            within=120.0,
        )


@virtual
async def test_without_speech_it_is_silent_at_once_and_tells_what_was_heard(
    staged_booth: StagedBooth,
) -> None:
    text = "one two three four five six"
    client = ScriptedClient(answer=lambda _: Say(text, ready=0.5, seconds=6.0))
    async with staged_booth(client, fps=2.0) as on:
        await on.until(lambda: bool(on.in_state("playing")))
        heard = on.in_state("playing")[0]
        await asyncio.sleep(2.0)
        await on.until(lambda: any(line.state == "made" for line in on.booth.commentator.lines))
        (source,) = on.rtc.audio_sources
        asked = time.monotonic()
        await on.set(enable_tts=False)
        assert (heard.state, time.monotonic() - asked) == ("dropped", 0.0)
        await asyncio.sleep(30.0)
        assert source.heard[-1].end < asked + 0.2
        end = next(one for one in on.lines if one["id"] == heard.id and one["phase"] == "end")
        assert (end["spoken"], end["dropped"]) == (True, "interrupted")
        assert text.startswith(end["text"])
        assert 0 < len(end["text"]) < len(text)
        assert any(one["phase"] == "end" and one["dropped"] is None for one in on.lines)
