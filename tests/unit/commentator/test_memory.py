"""Hours of commentary leave nothing behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import random

import pytest
from livekit.agents import llm
from livekit.agents.types import NOT_GIVEN
from livekit.plugins.pressbox import Line, Options, PlaybackPacer, RealtimeModel, RealtimeSession
from livekit.plugins.pressbox.chat import MAX_ITEMS
from livekit.plugins.pressbox.engine import EngineRequest, EngineUnavailable
from pictures import i420

from tests.support.virtual_time import run_virtual

from .scripted_client import Say, ScriptedClient


class Client(ScriptedClient):
    """As much of an ``EngineClient`` as a session asks for."""

    model = "scripted"
    hears = False


def answers(_: EngineRequest) -> Say:
    """Mostly lines, sometimes a failure; short, since only their number matters."""
    if random.random() < 0.05:
        return Say(ready=0.0, error=EngineUnavailable("gone", status=500))
    return Say("A ball rolls.", 0.05, 0.2)


def test_a_thousand_lines_leave_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)

    async def going() -> None:
        count, picture = 0, i420(2, 2)
        session = RealtimeSession(
            RealtimeModel(base_url="http://127.0.0.1:1/v1"),
            client=Client(answer=answers, keeps=False),  # type: ignore[arg-type]
            pacer=PlaybackPacer(pause=0.0),
            options=Options(change_threshold=0.0, repeat_threshold=1.0, inference_interval=0.0),
        )

        async def play(event: llm.GenerationCreatedEvent) -> None:
            nonlocal count
            async for message in event.message_stream:
                async for _ in message.audio_stream:
                    pass
            count += 1

        players: set[asyncio.Task[None]] = set()

        def given(event: llm.GenerationCreatedEvent) -> None:
            players.add(task := asyncio.create_task(play(event)))
            task.add_done_callback(players.discard)

        async def until(lines: int) -> None:
            while count < lines:
                if count % 20 == 0:
                    given_up = session.generate_reply(instructions="What?", tools=NOT_GIVEN)
                    given_up.cancel()
                session.push_video(picture)
                await asyncio.sleep(0.1)

        session.on("generation_created", given)
        await until(200)
        gc.collect()
        before = len(gc.get_objects())
        await until(1_200)
        gc.collect()
        assert len(gc.get_objects()) - before < 100, "an object in ten lines would be a leak"
        assert sum(type(one) is Line for one in gc.get_objects()) < 10
        assert len(session.chat_ctx.items) == MAX_ITEMS
        await session.aclose()

    run_virtual(going())
