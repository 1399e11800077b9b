"""The plugin in a real `AgentSession`, without a room or a booth."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from devices import Camera, FakeTTS, Loudspeaker
from gated_engine import Answer, ScriptedEngine, say, scripted_engine
from livekit.agents import Agent, AgentSession
from livekit.plugins.pressbox import Line, PlaybackPacer, RealtimeModel, RealtimeSession
from plugin_stage import QUICK

pytestmark = pytest.mark.unit

Started = tuple[ScriptedEngine, AgentSession[None], Loudspeaker, RealtimeSession]


@asynccontextmanager
async def started(*script: Answer) -> AsyncIterator[Started]:
    async with scripted_engine(*script) as engine:
        loudspeaker = Loudspeaker()
        model = RealtimeModel(base_url=engine.url, options=QUICK, pacer=PlaybackPacer(pause=0.0))
        session: AgentSession[None] = AgentSession(llm=model, video_sampler=None, vad=None)
        session.input.video = Camera()
        session.output.audio = loudspeaker
        agent = Agent(instructions="You are a commentator.")
        try:
            await session.start(agent, record=False)
            plugin = agent.realtime_llm_session
            assert isinstance(plugin, RealtimeSession)
            yield engine, session, loudspeaker, plugin
        finally:
            await session.aclose()


async def test_lines_come_out_in_order_and_the_next_is_made_while_the_last_plays() -> None:
    script = [say(f"Line {n}.", seconds=0.6) for n in (1, 2, 3)]
    async with started(*script) as (engine, _, loudspeaker, _):
        await loudspeaker.wait_lines(3)
        texts = [line.text for line in loudspeaker.lines[:3]]
        _, second, third = loudspeaker.lines[:3]
        assert texts == ["Line 1.", "Line 2.", "Line 3."]
        assert engine.most_in_flight == 1
        ends = [end for _, end in loudspeaker.spans]
        assert second.requested_at < ends[0]
        assert second.ready_at is not None
        assert second.ready_at < ends[0]
        assert third.requested_at < ends[1]
        assert [span[0] for span in loudspeaker.spans] == sorted(
            span[0] for span in loudspeaker.spans
        )


async def test_a_question_goes_before_commentary_and_is_answered() -> None:
    hold = asyncio.Event()
    script = [say("Line 1.", seconds=0.3), say("Never heard.", gate=hold), say("It is red.")]
    async with started(*script) as (engine, session, loudspeaker, plugin):
        dropped: list[Line] = []
        plugin.on("line_changed", lambda line: dropped.extend([line] * (line.state == "dropped")))
        await engine.wait_requests(2)
        await asyncio.wait_for(session.generate_reply(user_input="What colour is it?"), 10)
        answers = [line for line in loudspeaker.lines if line.kind == "answer"]
        assert [line.text for line in answers] == ["It is red."]
        assert [(line.kind, line.reason) for line in dropped] == [("commentary", "interrupted")]
        asked = engine.requests[2]
        assert asked["pressbox"]["kind"] == "answer"
        assert asked["messages"][-1]["content"][-1]["text"] == "What colour is it?"
        assert asked["messages"][1] == {"role": "assistant", "content": "Line 1."}
        items = [item.text_content for item in session.history.messages()]
        assert items[-2:] == ["What colour is it?", "It is red."]
        await loudspeaker.wait_lines(3)


async def test_of_an_engine_that_only_writes_the_tts_of_the_session_speaks() -> None:
    async with scripted_engine(say("A ball rolls.", sound=b"")) as engine:
        voice = FakeTTS()
        loudspeaker = Loudspeaker()
        model = RealtimeModel(base_url=engine.url, options=QUICK)
        async with AgentSession[None](
            llm=model, tts=voice, video_sampler=None, vad=None
        ) as session:
            session.input.video, session.output.audio = Camera(), loudspeaker
            await session.start(Agent(instructions="You are a commentator."), record=False)
            await asyncio.wait_for(voice.spoke.wait(), 10)
            assert voice.texts[0] == "A ball rolls."
