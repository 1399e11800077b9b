"""Commentary: the loop with a real engine connection and a scripted pacer."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from agent.commentator.prompt import LITTLE_CHANGE
from agent.plugin import Options
from tests.support.gated_engine import hang, raw, refuse, say, scripted_engine, tone
from tests.support.ports import free_port

from .pictures import i420
from .stage import QUICK, ScriptedPacer, stage


def texts(lines: list[object]) -> list[str]:
    return [getattr(line, "text", "") for line in lines]


async def test_lines_come_out_in_order_one_request_at_a_time() -> None:
    async with stage(*(say(f"Line {n}.") for n in range(5))) as on:
        await on.until(lambda: len(on.heard) >= 5)
        assert texts([*on.heard[:5]]) == [f"Line {n}." for n in range(5)]
        assert on.engine.most_in_flight == 1
        assert on.emitted[:5] == [line.id for line in on.heard[:5]]


async def test_the_next_line_is_made_while_one_waits_and_then_no_further() -> None:
    pacer = ScriptedPacer()
    pacer.starts.clear()
    async with stage(pacer=pacer) as on:
        await on.until(lambda: [call[0] for call in pacer.calls].count("generated") == 2)
        await asyncio.sleep(0.1)
        assert len(on.engine.requests) == 2
        assert on.emitted == []
        pacer.starts.set()
        await on.until(lambda: len(on.heard) >= 3)
        assert texts([*on.heard[:3]]) == ["Line 1.", "Line 2.", "Line 3."]


async def test_a_line_is_handed_over_only_when_the_one_before_is_taken() -> None:
    async with stage() as on:
        on.listens = False
        held: list[object] = []
        on.session.on("generation_created", held.append)
        await on.engine.wait_requests(3)
        assert len(on.emitted) == 1
        on.listens = True
        on.listen(held[0])  # type: ignore[arg-type]
        await on.until(lambda: len(on.emitted) >= 2)


async def test_a_line_starts_to_be_heard_before_it_is_complete() -> None:
    rest = asyncio.Event()
    async with stage(say("Long.", seconds=2.0, rest=rest)) as on:
        await on.until(lambda: len(on.heard) == 1)
        line = on.heard[0]
        assert line.duration is None
        assert line.started_at is not None
        rest.set()
        await on.until(lambda: ("generated", "Long.", 2.0) in on.pacer.calls)
        assert line.duration == pytest.approx(2.0)


async def test_the_anchor_is_the_first_real_frame_from_the_time_asked_for() -> None:
    pacer = ScriptedPacer(not_before=100.0)
    async with stage(pacer=pacer, filming=False) as on:
        for time in (97.0, 98.0, 99.0, 99.9):
            on.session.push_video(i420(), capture_time=time)
            await asyncio.sleep(0.03)
        assert on.engine.requests == []
        on.session.push_video(i420(), capture_time=100.03)
        pacer.anchors.clear()
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].anchor == 100.03
        times = on.engine.requests[0]["pressbox"]["frame_times"]
        assert times[-1] == 0.0
        assert len(on.engine.requests[0]["messages"][-1]["content"]) == len(times) + 1
        assert times == sorted(times)


async def test_the_pacer_thins_the_window() -> None:
    pacer = ScriptedPacer(frames=1)
    async with stage(pacer=pacer) as on:
        await on.engine.wait_requests(3)
        assert all(len(r["pressbox"]["frame_times"]) == 1 for r in on.engine.requests)


async def test_the_model_hears_what_was_said_and_how_much_changed() -> None:
    async with stage(say("A ball."), say("It stops.")) as on:
        await on.session.update_instructions("You are terse.")
        await on.engine.wait_requests(3)
        third = on.engine.requests[2]["messages"]
        assert third[0]["content"] == "You are terse."
        assert third[1] == {"role": "assistant", "content": "A ball.\nIt stops."}
        assert third[-1]["content"][-1]["text"].startswith(LITTLE_CHANGE)


@pytest.mark.parametrize(
    ("text", "sound"),
    [("", b""), ("...", b""), ("…", b""), (" . ", b""), ("...", tone(0.3)), (" . ", tone(0.3))],
)
async def test_nothing_to_say_is_dropped_in_silence(text: str, sound: bytes) -> None:
    async with stage(say(text, sound=sound), say("Now.")) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].text == "Now."
        assert [(kind, reason) for kind, _, reason in on.dropped] == [("commentary", "empty")]
        assert on.states[-1].up


async def test_sound_without_a_text_is_a_line() -> None:
    async with stage(say("", seconds=0.2)) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].audio_seconds == pytest.approx(0.2)


async def test_text_only_engines_and_text_only_options() -> None:
    async with stage(say("Only text.", sound=b""), tts="engine") as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].text == "Only text."
        assert on.seconds == {}
    silent = Options(inference_interval=0.0, enable_tts=False)
    async with stage(say("Silent."), options=silent) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert on.engine.requests[0]["modalities"] == ["text"]
        assert ("generated", "Silent.", 0.0) in on.pacer.calls
        assert on.session.capabilities.audio_output is False


async def test_what_the_pacer_refuses_is_dropped_as_late_and_its_request_cancelled() -> None:
    rest = asyncio.Event()
    pacer = ScriptedPacer(accepts=False)
    async with stage(say("Too late.", rest=rest), pacer=pacer) as on:
        await on.until(lambda: bool(on.dropped))
        assert on.dropped[0] == ("commentary", "Too late.", "late")
        assert ("dropped", "Too late.", "late") in pacer.calls
        pacer.accepts = True
        await on.until(lambda: len(on.heard) == 1)
        assert on.engine.cancelled == 1


async def test_a_hanging_engine_costs_lines_until_the_deadline_and_then_counts_as_down() -> None:
    pacer = ScriptedPacer(patience=0.15)
    async with stage(hang(), hang(), hang(), pacer=pacer) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert [reason for _, _, reason in on.dropped] == ["late"] * 3
        assert [state.up for state in on.states] == [True, False, True]
        assert "in time" in on.states[1].reason


async def test_the_engine_dies_in_the_midst_of_a_line() -> None:
    async with stage(say("Half a line.", seconds=1.0, end=False), say("Whole.")) as on:
        await on.until(lambda: len(on.heard) == 2)
        half, whole = on.heard
        assert half.error is not None
        assert "engine" in half.error
        assert 0 < (half.duration or 0) <= 1.0
        assert on.seconds[half.id] == pytest.approx(half.duration)
        assert whole.text == "Whole."
        assert [state.up for state in on.states] == [True, False, True]
        assert on.errors[0].recoverable
        assert on.dropped == []


@pytest.mark.parametrize(
    "bad",
    [refuse(500), refuse(400), raw(b"data: nonsense\n\n"), raw(b"\0\xff\n\n"), raw(b"<html>")],
)
async def test_garbage_and_refusals_cost_one_line(bad: object) -> None:
    async with stage(bad, say("Back.")) as on:  # type: ignore[arg-type]
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].text == "Back."
        assert [reason for _, _, reason in on.dropped] == ["error"]
        assert [state.up for state in on.states][-2:] == [False, True]
        assert len(on.states[-2].reason.splitlines()) == 1


async def test_an_engine_that_was_too_busy_for_the_deadline_is_late_and_not_down() -> None:
    async with stage(refuse(503, code="deadline_exceeded"), say("Now.")) as on:
        await on.until(lambda: len(on.heard) == 1)
        assert [reason for _, _, reason in on.dropped] == ["late"]
        assert [state.up for state in on.states] == [True]


async def test_requests_keep_their_distance() -> None:
    options = Options(inference_interval=0.3, capture_fps=10.0)
    async with stage(options=options) as on:
        await on.until(lambda: len(on.heard) >= 3)
        starts = [line.requested_at for line in on.heard]
        assert all(b - a >= 0.3 for a, b in pairwise(starts))


async def test_pause_drops_what_is_unheard_and_resume_goes_on() -> None:
    gate = asyncio.Event()
    async with stage(say("Never.", gate=gate)) as on:
        await on.engine.wait_requests(1)
        on.session.pause()
        await on.until(lambda: bool(on.dropped))
        assert on.dropped == [("commentary", "", "cancelled")]
        await asyncio.sleep(0.1)
        assert len(on.engine.requests) == 1
        on.session.resume()
        await on.until(lambda: len(on.heard) == 1)


async def test_pause_lets_a_line_that_is_being_heard_come_to_its_end() -> None:
    rest = asyncio.Event()
    async with stage(say("Whole.", seconds=1.0, rest=rest)) as on:
        await on.until(lambda: len(on.heard) == 1)
        on.session.pause()
        rest.set()
        await on.until(lambda: ("generated", "Whole.", 1.0) in on.pacer.calls)
        assert on.dropped == []


async def test_another_source_starts_with_an_empty_window() -> None:
    pacer = ScriptedPacer()
    async with stage(pacer=pacer) as on:
        await on.until(lambda: len(on.heard) >= 3)
        pacer.anchors.clear()
        on.session.reset_window()
        count = len(on.engine.requests)
        pacer.anchors.set()
        await on.engine.wait_requests(count + 1)
        first = on.engine.requests[count]
        assert len(first["pressbox"]["frame_times"]) <= 2
        assert "first pictures" in first["messages"][-1]["content"][-1]["text"]


async def test_a_silent_source_asks_nothing() -> None:
    async with stage(filming=False) as on:
        await on.until(lambda: bool(on.states))
        await asyncio.sleep(0.05)
        on.session.push_video(i420())
        await on.until(lambda: len(on.heard) == 1)
        await asyncio.sleep(0.1)
        assert len(on.engine.requests) == 1


async def test_settings_change_while_it_runs() -> None:
    async with stage() as on:
        await on.engine.wait_requests(1)
        on.session.update_settings(
            Options(inference_interval=0.0, prompt="New.", voice="amy", window_size=4, room="lobby")
        )
        count = len(on.engine.requests)
        await on.engine.wait_requests(count + 2)
        request = on.engine.requests[-1]
        assert request["messages"][0]["content"] == "New."
        assert request["audio"]["voice"] == "amy"
        assert request["pressbox"]["room"] == "lobby"
        assert on.session.options.window_size == 4


async def test_metrics_of_each_line() -> None:
    async with stage(say("A.")) as on:
        await on.until(lambda: bool(on.metrics and on.heard))
        one = on.metrics[0]
        assert one.request_id == on.heard[0].id
        assert 0 < one.ttft <= one.duration
        assert (one.input_tokens, one.output_tokens) == (7, 5)
        assert not one.cancelled
        assert one.metadata is not None
        assert one.metadata.model_name == "scripted"


async def test_an_engine_that_comes_up_later() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1"
    async with stage(url=url, options=QUICK) as on:
        await on.until(lambda: bool(on.states))
        assert on.states[0].reason == "no connection to the engine"
        assert on.session.engine_state == on.states[0]
        async with scripted_engine(port=port):
            await on.until(lambda: len(on.heard) >= 1)
            assert [state.up for state in on.states] == [False, True]


async def test_a_very_long_line_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.commentator.utterance.MAX_SECONDS", 0.5)
    rest = asyncio.Event()
    async with stage(say("On and on.", seconds=2.0, rest=rest)) as on:
        await on.until(lambda: ("generated", "On and on.", 1.0) in on.pacer.calls)


@pytest.mark.parametrize("moment", ["at once", "probing", "in flight", "waiting", "speaking"])
async def test_closing_at_any_moment_leaves_nothing(moment: str) -> None:
    rest, pacer = asyncio.Event(), ScriptedPacer()
    if moment == "waiting":
        pacer.starts.clear()
    script = [hang()] if moment == "in flight" else [say("A.", seconds=1.0, rest=rest)]
    async with stage(*script, pacer=pacer) as on:
        if moment == "probing":
            await asyncio.sleep(0)
        elif moment == "in flight":
            await on.engine.wait_requests(1)
        elif moment == "waiting":
            await on.until(lambda: bool(pacer.calls))
        elif moment == "speaking":
            await on.until(lambda: bool(on.heard))
        await asyncio.gather(on.session.aclose(), on.session.aclose())
        await on.session.aclose()
        on.session.push_video(i420())
