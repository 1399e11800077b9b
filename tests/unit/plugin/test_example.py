"""The example in the guide: short, and it works."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from devices import Camera, Loudspeaker
from livekit.agents import Agent, AgentSession

from tests.support.engine_script import Answer, Repeat
from tests.support.scripted_engine import scripted_engine

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "bare_agent.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bare_agent", EXAMPLE)
    if spec is None or spec.loader is None:
        raise ImportError(EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_its_session_comments_and_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Repeat(Answer(ready=0.1, speech=0.8), Answer(ready=0.1, speech=0.5, audio=True))
    async with scripted_engine(answers) as engine:
        monkeypatch.setenv("PRESSBOX_BASE_URL", engine.url)
        session: AgentSession[None] = load().commentator()
        loudspeaker = Loudspeaker()
        session.input.video, session.output.audio = Camera(), loudspeaker
        try:
            await session.start(Agent(instructions="You are a commentator."), record=False)
            await loudspeaker.wait_lines(1)
            assert loudspeaker.lines[0].text.strip() == "This is line 0."
            handle = session.generate_reply(user_input="What is to be seen?")
            await handle
            answer = next(line for line in loudspeaker.lines if line.kind == "answer")
            asked = next(one for one in engine.asked if one.kind == "answer")
            assert asked.text == "What is to be seen?"
            assert asked.images == 1 + len(asked.body["pressbox"]["frame_times"][:-1])
            assert answer.text.strip() == f"This is line {asked.number}."
            assert handle.chat_items
        finally:
            await session.aclose()
