"""Questions, interruption and truncation."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import llm

from tests.support.gated_engine import hang, refuse, say
from tests.support.ports import free_port

from .stage import ScriptedPacer, stage


async def test_a_question_cancels_commentary_in_flight() -> None:
    async with stage(hang(), say("Red.")) as on:
        await on.engine.wait_requests(1)
        event = await asyncio.wait_for(await on.ask("What colour?"), 10)
        assert event.user_initiated
        await on.until(lambda: len(on.heard) >= 1)
        assert (on.heard[0].kind, on.heard[0].text) == ("answer", "Red.")
        assert on.dropped[0] == ("commentary", "", "interrupted")
        assert on.engine.most_in_flight == 1
        asked = on.engine.requests[1]
        assert asked["pressbox"]["kind"] == "answer"
        assert asked["pressbox"]["frame_times"][-1] == 0.0
        assert asked["messages"][-1]["content"][-1]["text"] == "What colour?"
        await on.until(lambda: len(on.heard) >= 2)
        assert on.heard[1].kind == "commentary"
        later = on.engine.requests[2]["messages"][1:-1]
        assert later == [
            {"role": "user", "content": "What colour?"},
            {"role": "assistant", "content": "Red."},
        ]


async def test_a_question_drops_a_line_that_waits() -> None:
    pacer = ScriptedPacer()
    pacer.starts.clear()
    async with stage(say("Waiting."), hang(), say("Red."), pacer=pacer) as on:
        await on.engine.wait_requests(2)
        await asyncio.wait_for(await on.ask("What colour?"), 10)
        assert ("commentary", "Waiting.", "interrupted") in on.dropped
        await on.until(lambda: len(on.heard) == 1)
        assert on.heard[0].text == "Red."


async def test_a_question_takes_back_a_line_handed_over_and_not_yet_heard() -> None:
    async with stage(say("Stale.", seconds=0.5), hang(), say("Red.")) as on:
        on.listens = False
        held: list[llm.GenerationCreatedEvent] = []
        on.session.on("generation_created", held.append)
        await on.engine.wait_requests(2)
        await on.until(lambda: len(held) == 1)
        reply = await on.ask("What colour?")
        on.listens = True
        await asyncio.wait_for(reply, 10)
        on.listen(held[0])
        await on.until(lambda: len(on.heard) >= 1)
        assert on.heard[0].text == "Red."
        assert ("commentary", "Stale.", "interrupted") in on.dropped
        assert on.seconds.get(held[0].response_id or "", 0.0) == 0.0


async def test_instructions_alone_are_a_request_too() -> None:
    async with stage(hang(), say("Hello.")) as on:
        await on.engine.wait_requests(1)
        await asyncio.wait_for(on.session.generate_reply(instructions="Greet them."), 10)
        assert on.engine.requests[1]["messages"][-1]["content"][-1]["text"] == "Greet them."


async def test_a_question_before_any_picture_is_asked_without_one() -> None:
    async with stage(say("I see nothing yet."), filming=False) as on:
        await asyncio.wait_for(await on.ask("What do you see?"), 10)
        assert len(on.engine.requests[0]["messages"][-1]["content"]) == 1


async def test_a_question_while_the_engine_is_down_fails_at_once() -> None:
    async with stage(url=f"http://127.0.0.1:{free_port()}/v1") as on:
        for _ in range(2):
            with pytest.raises(llm.RealtimeError, match=r"^no connection to the engine$"):
                await asyncio.wait_for(await on.ask("Anybody?"), 10)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (refuse(500, "broken"), "500: .*broken"),
        (say("..."), "nothing to say"),
        (hang(), "in time"),
    ],
)
async def test_a_question_that_cannot_be_answered_fails_in_one_line(
    answer: object, text: str
) -> None:
    pacer = ScriptedPacer(patience=0.3)
    pacer.anchors.clear()
    async with stage(answer, pacer=pacer) as on:  # type: ignore[arg-type]
        with pytest.raises(llm.RealtimeError, match=text):
            await asyncio.wait_for(await on.ask("What?"), 10)


async def test_questions_wait_for_one_another_up_to_a_bound() -> None:
    gate = asyncio.Event()
    async with stage(say("One.", gate=gate), say("Two."), pacer=ScriptedPacer()) as on:
        on.pacer.anchors.clear()
        replies = [await on.ask(f"Question {n}?") for n in range(9)]
        with pytest.raises(llm.RealtimeError, match="too many"):
            await replies[8]
        gate.set()
        await asyncio.wait_for(asyncio.gather(*replies[:8]), 10)
        assert on.engine.most_in_flight == 1


async def test_paused_sessions_still_answer() -> None:
    async with stage(say("Yes.")) as on:
        on.session.pause()
        await asyncio.wait_for(await on.ask("Are you there?"), 10)
        await on.until(lambda: len(on.heard) == 1)
        assert [request["pressbox"]["kind"] for request in on.engine.requests][-1] == "answer"


async def test_cancelling_the_future_cancels_the_request() -> None:
    async with stage(hang()) as on:
        on.session.pause()
        reply = await on.ask("What?")
        await on.engine.wait_requests(1)
        reply.cancel()
        async with asyncio.timeout(5), on.engine.asked:
            await on.engine.asked.wait_for(lambda: on.engine.in_flight == 0)
        assert on.engine.cancelled == 1


async def test_interrupt_cancels_everything_that_is_made() -> None:
    async with stage(hang(), hang()) as on:
        await on.engine.wait_requests(1)
        reply = await on.ask("What?")
        await on.engine.wait_requests(2)
        on.session.interrupt()
        with pytest.raises(llm.RealtimeError, match="interrupted"):
            await reply
        await on.until(lambda: len(on.heard) >= 1)
        assert [drop[2] for drop in on.dropped] == ["interrupted", "interrupted"]


async def test_interrupt_ends_a_line_that_is_being_heard() -> None:
    rest = asyncio.Event()
    async with stage(say("Cut short.", seconds=2.0, rest=rest)) as on:
        await on.until(lambda: len(on.heard) == 1)
        on.session.interrupt()
        line = on.heard[0]
        await on.until(lambda: line.duration is not None)
        assert line.duration == pytest.approx(1.0, abs=0.05)
        assert ("dropped", "Cut short.", "interrupted") in on.pacer.calls
        assert on.dropped == []
        on.session.truncate(
            message_id=line.id, modalities=["text", "audio"], audio_end_ms=500,
            audio_transcript="Cut",
        )  # fmt: skip
        messages = on.session.chat_ctx.messages()
        assert [(m.text_content, m.interrupted) for m in messages if m.id == line.id] == [
            ("Cut", True)
        ]


async def test_interrupting_nothing_is_nothing() -> None:
    async with stage(filming=False) as on:
        on.session.interrupt()
        on.session.clear_audio()
        on.session.commit_audio()
        assert on.dropped == []


async def test_tools_are_kept_and_not_called(caplog: pytest.LogCaptureFixture) -> None:
    @llm.function_tool
    async def look_up() -> str:
        """Look something up."""
        return ""

    async with stage(filming=False) as on:
        await on.session.update_tools([look_up])
        assert len(on.session.tools.flatten()) == 1
        assert "ignored" in caplog.text
