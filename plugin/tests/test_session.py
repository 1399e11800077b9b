"""The plugin's own part: futures, chat context, metrics, and what LiveKit does with a session."""

from __future__ import annotations

import asyncio

import pytest
from gated_engine import hang, say
from livekit.agents import llm
from livekit.plugins.pressbox import PlaybackPacer
from livekit.plugins.pressbox.chat import MAX_ITEMS
from pictures import i420
from plugin_stage import PluginStage, plugin_stage

pytestmark = pytest.mark.unit


def texts(on: PluginStage) -> list[tuple[str | None, bool]]:
    return [(one.text_content, one.interrupted) for one in on.session.chat_ctx.messages()]


# lines


async def test_lines_are_handed_over_one_at_a_time() -> None:
    async with plugin_stage(say("One.", seconds=0.1), say("Two.", seconds=0.1)) as on:
        on.listens = False
        await on.engine.wait_requests(2)
        await on.until(lambda: bool(on.given))
        await asyncio.sleep(0.05)
        assert len(on.given) == 1
        assert not on.given[0].user_initiated
        on.play(on.given[0])
        await on.until(lambda: len(on.given) >= 2)
        first = on.heard[0]
        assert (first.text, first.state) == ("One.", "ended")
        assert on.texts[first.id] == "One."
        assert on.seconds[first.id] == pytest.approx(0.1)
        states = [state for line, state in on.changes if line == first.id]
        assert list(dict.fromkeys(states)) == ["made", "ready", "waiting", "playing", "ended"]
        assert first.ended_at is not None
        assert first.started_at is not None
        assert first.ended_at - first.started_at >= 0.1, "it lasts as long as it plays"


# replies


async def test_a_reply_resolves_with_the_answer() -> None:
    async with plugin_stage(hang(), say("Red.")) as on:
        await on.engine.wait_requests(1)
        event = await asyncio.wait_for(await on.ask("What colour?"), 10)
        assert event.user_initiated
        on.play(event)
        await on.until(lambda: bool(on.heard))
        assert (on.heard[0].kind, on.heard[0].id) == ("answer", event.response_id)
        assert on.engine.requests[1]["messages"][-1]["content"][-1]["text"] == "What colour?"
        await on.until(lambda: on.heard[0].over)
        assert texts(on) == [("What colour?", False), ("Red.", False)]


async def test_whoever_asks_has_come_to_the_end_of_what_plays() -> None:
    async with plugin_stage(say("Long.", seconds=30.0), hang()) as on:
        await on.until(lambda: bool(on.heard) and on.heard[0].duration is not None)
        assert not on.heard[0].over, "by the clock it lasts for half a minute"
        await on.ask("What?")
        assert on.changes[-2:-1] == [(on.heard[0].id, "ended")]


async def test_a_question_takes_back_a_line_handed_over_and_not_yet_heard() -> None:
    async with plugin_stage(say("Stale.", seconds=0.5), hang(), say("Red.")) as on:
        on.listens = False
        await on.engine.wait_requests(2)
        await on.until(lambda: len(on.given) == 1)
        await asyncio.wait_for(await on.ask("What colour?"), 10)
        assert ("Stale.", "interrupted") in [(line.text, line.reason) for line in on.dropped]
        on.play(on.given[0])
        await asyncio.sleep(0.05)
        assert on.seconds == {}


@pytest.mark.parametrize(
    ("given_up", "reason", "told"),
    [
        ("", "late", "in time"),
        ("interrupt", "interrupted", "interrupted"),
        ("cancel", "cancelled", ""),
    ],
)
async def test_a_reply_that_cannot_come_fails_in_one_line(
    given_up: str, reason: str, told: str
) -> None:
    pacer = PlaybackPacer()
    pacer.MAX_WAIT = 10.0 if given_up else 0.3
    async with plugin_stage(hang(), pacer=pacer) as on:
        on.session.pause()
        reply = await on.ask("What?")
        await on.engine.wait_requests(1)
        if given_up == "cancel":
            reply.cancel()
        elif given_up:
            on.session.interrupt()
        if told:
            with pytest.raises(llm.RealtimeError, match=f"^.*{told}.*$"):
                await asyncio.wait_for(reply, 10)
        await on.engine.wait_idle(cancelled=1)
        assert on.dropped[-1].reason == reason


async def test_a_reply_fails_at_once_while_the_engine_is_down() -> None:
    async with plugin_stage() as on:
        await on.engine.stop()
        for _ in range(2):
            with pytest.raises(llm.RealtimeError, match=r"^no connection to the engine$"):
                await asyncio.wait_for(await on.ask("Anybody?"), 10)
        await on.until(lambda: bool(on.errors))
        assert on.errors[0].recoverable


# somebody speaks


async def test_it_is_silent_while_somebody_speaks_and_says_nothing_stale_afterwards() -> None:
    async with plugin_stage(say("Plays.", seconds=30.0), say("Waits.", seconds=1.0), hang()) as on:
        await on.until(lambda: bool(on.heard))
        on.session.start_user_activity()
        assert [(line.text, line.reason) for line in on.dropped] == [("Plays.", "interrupted")]
        seen = len(on.engine.requests)
        for _ in range(10):
            on.session.start_user_activity()
            await asyncio.sleep(0.01)
        assert len(on.engine.requests) == seen
        on.session.commit_audio()
        await on.engine.wait_requests(seen + 1)


async def test_a_line_that_livekit_held_back_is_taken_back() -> None:
    async with plugin_stage(say("Stale.", seconds=0.5), hang()) as on:
        on.listens = False
        await on.until(lambda: len(on.given) == 1)
        on.session.start_user_activity()
        on.play(on.given[0])
        await asyncio.gather(*on.players)
        assert (on.seconds, on.texts) == ({}, {})


@pytest.mark.parametrize("ends", ["commit_audio", "clear_audio", "by itself", "paused"])
async def test_it_goes_on_when_the_turn_has_ended(
    ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ends == "by itself":
        monkeypatch.setattr("livekit.plugins.pressbox.user_turn.ENDS_AFTER", 0.1)
    async with plugin_stage(hang()) as on:
        await on.engine.wait_requests(1)
        on.session.start_user_activity()
        await on.engine.wait_idle(cancelled=1)
        if ends == "paused":
            on.session.pause()
            on.session.clear_audio()
            await asyncio.sleep(0.1)
            assert len(on.engine.requests) == 1
            on.session.resume()
        elif ends != "by itself":
            getattr(on.session, ends)()
        await on.until(lambda: bool(on.heard))


# chat context


async def test_truncating_keeps_what_was_heard_and_ends_the_line() -> None:
    async with plugin_stage(say("one two three", seconds=2.0, rest=asyncio.Event())) as on:
        await on.until(lambda: bool(on.heard))
        line = on.heard[0]
        on.session.truncate(
            message_id=line.id, modalities=["text", "audio"], audio_end_ms=500,
            audio_transcript=" one ",
        )  # fmt: skip
        assert (line.state, line.reason) == ("dropped", "interrupted")
        assert ("one", True) in texts(on)
        on.session.truncate(
            message_id=line.id, modalities=["text"], audio_end_ms=0, audio_transcript=""
        )
        assert [one for one in on.session.chat_ctx.items if one.id == line.id] == []
        on.session.truncate(message_id="unknown", modalities=["text"], audio_end_ms=0)


async def test_livekits_context_is_adopted_and_stays_bounded() -> None:
    async with plugin_stage(filming=False) as on:
        context = llm.ChatContext([llm.FunctionCall(call_id="1", name="f", arguments="{}")])
        for number in range(3 * MAX_ITEMS):
            context.add_message(role="assistant", content=f"Line {number}.")
        await on.session.update_chat_ctx(context)
        assert len(on.session.chat_ctx.items) == MAX_ITEMS
        assert texts(on)[-1] == (f"Line {3 * MAX_ITEMS - 1}.", False)


async def test_a_question_is_taken_once_and_only_while_it_is_the_newest() -> None:
    async with plugin_stage(say("A."), say("B."), say("C."), filming=False) as on:
        asked = []
        for question in ("What?", "", "And now?"):
            if question:
                event = await asyncio.wait_for(await on.ask(question), 10)
            else:
                event = await asyncio.wait_for(on.session.generate_reply(), 10)
            on.play(event)
            asked.append(on.engine.requests[-1]["messages"][-1]["content"][-1]["text"])
        assert asked[0] == "What?"
        assert "What?" not in asked[1]
        assert asked[2] == "And now?"


# the rest


@pytest.mark.parametrize("moment", ["at once", "asked", "in flight", "handed over", "playing"])
async def test_closing_at_any_moment_leaves_nothing(moment: str) -> None:
    script = hang() if moment == "in flight" else say("A.", seconds=1.0, rest=asyncio.Event())
    async with plugin_stage(script) as on:
        reply = None
        on.listens = moment == "playing"
        if moment == "asked":
            reply = await on.ask("What?")
        elif moment == "in flight":
            await on.engine.wait_requests(1)
        elif moment == "handed over":
            await on.until(lambda: bool(on.given))
        elif moment == "playing":
            await on.until(lambda: bool(on.heard))
        await asyncio.gather(on.session.aclose(), on.session.aclose())
        await on.session.aclose()
        on.session.push_video(i420())
        late = [on.session.generate_reply(instructions="Now.")]
        for one in [reply, *late] if reply else late:
            with pytest.raises(llm.RealtimeError):
                await asyncio.wait_for(one, 5)
