"""Warnings, words said as they are and judgements, among commentary and questions."""

from __future__ import annotations

import time
from dataclasses import replace

from tests.support.virtual_time import virtual

from .scripted_client import NEVER, Say, ScriptedClient
from .virtual_stage import QUICK, virtual_stage


@virtual
async def test_a_warning_silences_commentary_at_once_and_is_said_next() -> None:
    client = ScriptedClient([Say(seconds=8.0)])
    async with virtual_stage(client) as on:
        await on.until(lambda: bool(on.in_state("playing")))
        playing = on.in_state("playing")[0]
        now = time.monotonic()
        warning = on.commentator.alert("The gate is open.")
        assert playing.state == "dropped"
        await on.until(lambda: warning.state == "playing")
        assert time.monotonic() - now < 0.3 + 0.1  # what the script takes, and one look
        asked = next(one for one in client.requests if one.kind == "alert")
        assert "The gate is open." in asked.messages[-1]["content"][-1]["text"]


@virtual
async def test_a_warning_does_not_cut_an_answer_short_and_goes_before_waiting_questions() -> None:
    client = ScriptedClient([NEVER], answer=lambda _: Say(seconds=2.0))
    async with virtual_stage(client) as on:
        await on.until(lambda: client.in_flight == 1)
        first, second = on.commentator.ask("One?"), on.commentator.ask("Two?")
        await on.until(lambda: first.state == "playing")
        warning = on.commentator.alert("Fire.")
        third = on.commentator.ask("Three?")
        for line in (first, second, warning, third):
            await on.commentator.until_over(line)
        assert [line.state for line in (first, second, warning, third)] == ["ended"] * 4
        started = [line for line in on.player.started if line.live]
        assert started.index(warning) < started.index(third)


@virtual
async def test_a_warning_needs_no_engine() -> None:
    async with virtual_stage(client := ScriptedClient(down=True)) as on:
        await on.until(lambda: bool(on.states and not on.states[-1].up))
        warning = on.commentator.alert("The gate is open.")
        await on.commentator.until_over(warning)
        assert (warning.state, warning.text) == ("ended", "The gate is open.")
        assert not client.requests


@virtual
async def test_a_judgement_is_not_heard_and_waits_for_the_line_that_is_made() -> None:
    client = ScriptedClient([Say(ready=2.0), Say(text="Yes, it is open.", seconds=0.0)])
    async with virtual_stage(client, options=replace(QUICK, inference_interval=60.0)) as on:
        await on.until(lambda: client.in_flight == 1)
        assert await on.commentator.judge("Is the gate open?") == "Yes, it is open."
        assert client.cancelled == 0
        assert client.requests[1].audio is False
        assert [line.text for line in on.player.started] == ["Something happens."]


@virtual
async def test_a_repeat_is_dropped_before_it_sounds_and_the_next_line_is_asked_for() -> None:
    texts = iter(["A man waves.", "A man waves!", "The man waves.", "A dog runs to the door."])
    client = ScriptedClient(answer=lambda _: Say(text=next(texts, "...")))
    async with virtual_stage(client, options=replace(QUICK, repeat_threshold=0.8)) as on:
        await on.until(lambda: len(on.player.started) == 2)
        assert [line.text for line in on.player.started] == [
            "A man waves.",
            "A dog runs to the door.",
        ]
        repeats = [line for line in on.dropped() if line.reason == "repeat"]
        assert len(repeats) == on.commentator.repeats.held_back == 2
        assert all(line.started_at is None and "a man waves" in line.error for line in repeats)
        told = str(client.requests[2].messages)
        assert "A man waves!" in told  # it knows what it is not to say
