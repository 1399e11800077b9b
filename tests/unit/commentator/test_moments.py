"""Whatever comes from outside, at each moment that a commentator can be in; on virtual time."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from livekit.plugins.pressbox.commentator import Line, State
from livekit.plugins.pressbox.commentator.loop import MAX_LIVE

from tests.support.virtual_time import run_virtual, virtual

from .scripted_client import NEVER, Say, ScriptedClient
from .stage import ScriptedPacer
from .virtual_stage import VirtualStage, virtual_stage

MOMENTS = ["probing", "backing off", "trial", "anchor", "no picture", "in flight", "ready",
           "waiting", "playing", "all made"]  # fmt: skip
LONG = Say("Long.", seconds=60.0, rate=2.0)


@asynccontextmanager
async def at(moment: str) -> AsyncIterator[VirtualStage]:
    """A commentator that has come to this moment."""
    client, pacer = ScriptedClient(), ScriptedPacer()
    if moment == "probing":
        client.reach_takes = math.inf
    elif moment == "backing off":
        client.down = True
    elif moment == "trial":
        pacer.wants_trial = True
        client.script = [NEVER]
    elif moment == "anchor":
        pacer.anchors.clear()
    elif moment == "in flight":
        client.script = [NEVER]
    elif moment in ("waiting", "all made"):
        pacer.starts.clear()
    elif moment == "playing":
        client.script = [LONG]
    fps = 0.0 if moment == "no picture" else 10.0
    async with virtual_stage(client, pacer=pacer, fps=fps, playing=moment != "ready") as on:
        if moment in ("probing", "backing off"):
            await asyncio.sleep(3.0)
            client.down = False
            client.reach_takes = 0.01
        elif moment in ("anchor", "no picture"):
            await on.until(lambda: bool(on.states))
            await asyncio.sleep(1.0)
        elif moment in ("trial", "in flight"):
            await on.until(lambda: client.in_flight == 1)
        elif moment == "all made":
            await on.until(lambda: bool(on.in_state("waiting") and on.in_state("ready")))
            await asyncio.sleep(1.0)
            pacer.starts.set()
        else:
            state: State = moment  # type: ignore[assignment]
            await on.until(lambda: bool(on.in_state(state)))
            pacer.starts.set()
        yield on


@pytest.mark.parametrize("moment", MOMENTS)
@virtual
async def test_a_question_is_served_next(moment: str) -> None:
    async with at(moment) as on:
        asked = on.client.count
        begun, heard = time.monotonic(), list(on.player.started)
        on.client.script = [Say("Red.")]
        line = on.commentator.ask("What colour?")
        player = asyncio.create_task(on.player.run()) if moment == "ready" else None
        await on.commentator.until_over(line)
        assert (line.state, line.said) == ("ended", "Red.")
        request = on.client.requests[asked]
        assert (request.kind, request.messages[-1]["content"][-1]["text"]) == (
            "answer",
            "What colour?",
        )
        assert on.player.started[len(heard)] is line, "nothing is said before it"
        wait = (line.started_at or math.inf) - begun
        assert wait < (61.0 if moment == "playing" else 1.0)
        assert on.client.most_in_flight == 1
        if player:
            player.cancel()
            await asyncio.wait({player})


@virtual
async def test_a_question_ends_what_is_playing_where_its_sound_ends() -> None:
    async with at("playing") as on:
        playing = on.in_state("playing")[0]
        await asyncio.sleep(2.0)
        on.commentator.ask("What colour?")
        await on.commentator.until_over(playing)
        assert (playing.state, playing.reason) == ("ended", None)
        assert 2.0 <= playing.audio_seconds < 6.0
        assert on.client.cancelled == 1


@virtual
async def test_questions_wait_for_one_another_up_to_a_bound_also_when_nobody_listens() -> None:
    async with virtual_stage(playing=False) as on:
        lines = [on.commentator.ask(f"Question {n}?") for n in range(MAX_LIVE + 1)]
        assert [line.reason for line in lines] == [None] * MAX_LIVE + ["refused"]
        await on.until(lambda: len(on.in_state("ready")) == MAX_LIVE)
        assert on.commentator.ask("And now?").reason == "refused"
        assert on.client.most_in_flight == 1
        player = asyncio.create_task(on.player.run())
        await on.commentator.until_over(lines[MAX_LIVE - 1])
        assert on.player.started[:MAX_LIVE] == lines[:MAX_LIVE]
        assert on.commentator.ask("And now?").reason is None
        player.cancel()
        await asyncio.wait({player})


@pytest.mark.parametrize("how", ["pause", "reset"])
@pytest.mark.parametrize("moment", MOMENTS)
@virtual
async def test_pause_and_another_source_drop_what_is_not_yet_heard(moment: str, how: str) -> None:
    async with at(moment) as on:
        pacer = on.pacer
        assert isinstance(pacer, ScriptedPacer)
        unheard = [line for line in on.commentator.lines if line.state != "playing"]
        playing = on.in_state("playing")
        begun, asked = time.monotonic(), on.client.count
        if how == "pause":
            on.commentator.pause()
        else:
            on.commentator.reset_window()
        assert [line.reason for line in unheard] == ["cancelled"] * len(unheard)
        await asyncio.sleep(5.0)
        assert [line.state for line in playing] == ["playing"] * len(playing)
        if how == "pause":
            assert on.client.count == asked or moment == "trial"
            on.commentator.resume()
        pacer.anchors.set()
        pacer.wants_trial = False
        stale = [line for line in on.player.started if line.anchor < begun]
        assert all((line.started_at or 0.0) <= begun for line in stale)
        if moment != "no picture":
            await on.until(
                lambda: any(
                    line.anchor >= begun for line in [*on.player.started, *on.in_state("ready")]
                )
            )


@virtual
async def test_a_pause_that_leaves_the_unheard_lets_the_line_in_flight_come() -> None:
    async with at("in flight") as on:
        on.client.script = []
        on.commentator.drop_unheard("cancelled")
        await on.until(lambda: on.client.count == 2)
        on.commentator.pause(unheard=False)
        await asyncio.sleep(10.0)
        assert len(on.player.started) == 1
        assert on.client.count == 2


# trials


@virtual
async def test_each_trial_is_told_at_once() -> None:
    pacer = ScriptedPacer(wants_trial=True)
    client = ScriptedClient([Say(ready=1.5), Say(ready=9.0), Say(ready=0.7)])
    async with virtual_stage(client, pacer=pacer) as on:
        await on.until(lambda: len(pacer.trials) == 1)
        assert on.history == [], "nobody sees a line of it"
        await on.until(lambda: len(pacer.trials) == 3)
        pacer.wants_trial = False
        await on.until(lambda: len(on.player.started) == 1)
        assert pacer.trials == pytest.approx([1.5, 9.0, 0.7], abs=0.05)
        times = [list(one.frame_times) for one in client.requests]
        assert {len(one) for one in times[:3]} == {4}
        assert times == [sorted(one) for one in times], "our engines refuse any other order"


# mistakes of our own


@pytest.mark.parametrize("where", ["client", "pacer", "window"])
def test_a_mistake_in_the_program_costs_that_line_and_is_told(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Clumsy(ScriptedPacer):
        wrong = where == "pacer"

        def deadline(self, line: Line) -> float:
            if self.wrong:
                self.wrong = False
                raise KeyError("oops")
            return super().deadline(line)

        def frames_per_window(self, wanted: int) -> int:
            if where == "window" and not client.count:
                client.count += 1
                raise KeyError("oops")
            return wanted

    client = ScriptedClient([Say(error=KeyError("oops"))] if where == "client" else [])

    async def going() -> None:
        async with virtual_stage(client, pacer=Clumsy()) as on:
            await on.until(lambda: len(on.player.started) == 1)
            assert [line.reason for line in on.dropped()] == ["error"]
            assert [(state.up, state.reason) for state in on.states] == [(True, "")]
            assert len(on.notices) == 1
            assert "KeyError" in on.notices[0]
            assert "oops" not in on.notices[0]
        assert [record.exc_info is not None for record in caplog.records] == [True]
        assert "garbage" not in caplog.text

    run_virtual(going())
