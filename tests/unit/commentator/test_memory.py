"""Hours of commentary leave nothing behind."""

from __future__ import annotations

import gc
import logging
import random

import pytest
from livekit.plugins.pressbox.commentator import Line
from livekit.plugins.pressbox.engine import EngineRequest, EngineUnavailable

from tests.support.virtual_time import run_virtual

from .scripted_client import Say, ScriptedClient
from .virtual_stage import virtual_stage

LINES = 5_000
WARM_UP = 1_000


def answers(request: EngineRequest) -> Say:
    """Mostly lines, sometimes a failure; short, since only their number matters."""
    dice = random.random()
    if dice < 0.05:
        return Say(ready=0.0, error=EngineUnavailable("gone", status=500))
    return Say("A ball rolls.", ready=0.05, seconds=0.0 if dice < 0.1 else 0.2)


def objects() -> list[object]:
    """All that is alive. ``type(one)``, not ``isinstance``, which wakes lazy modules."""
    gc.collect()
    return gc.get_objects()


def test_five_thousand_lines_leave_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)

    async def going() -> None:
        client = ScriptedClient(answer=answers, keeps=False)
        async with virtual_stage(client, fps=2.0, keeps=False, limit=20_000.0) as on:
            await on.until(lambda: on.player.count >= WARM_UP)
            before = len(objects())
            while on.player.count < LINES:
                count = on.player.count
                if count % 100 == 0:
                    on.commentator.ask("What?")
                await on.until(lambda: on.player.count > count)  # noqa: B023 - awaited here
            assert sum(type(one) is Line for one in objects()) < 10
            assert len(objects()) - before < 500, "an object in eight lines would be a leak"

    run_virtual(going())
