"""One client, several engines: the least busy one, fail-over, recovery."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from gated_engine import ScriptedEngine, refuse, say, scripted_engine
from livekit.plugins.pressbox.engine import EngineRejected, EngineUnavailable

from agent.engine.engines import Engines
from tests.support.until import until

from .asking import KEY, answer, text_of, window

FULL = refuse(503)


def ours(*, busy: int = 0, speaks: bool = True, hears: bool = True) -> dict[str, Any]:
    """An engine of our own that says how busy it is."""
    gives, takes = ["text"] + ["audio"] * speaks, ["text"] + ["audio"] * hears
    card = {"owned_by": "pressbox", "modalities": gives, "input_modalities": takes}
    health = {"/health": {"running": busy, "waiting": 0}}
    return {"models": [{"id": "m", **card}], "pages": health, "usual": say("A dog runs.")}


PLAIN = {"models": [{"id": "m", "owned_by": "llamacpp"}], "usual": say("A dog runs.")}
Three = tuple[Engines, ScriptedEngine, ScriptedEngine]


@asynccontextmanager
async def engines(
    one: dict[str, Any] | None = None, two: dict[str, Any] | None = None, model: str = ""
) -> AsyncIterator[Three]:
    """A client of both, which begins with the first."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(scripted_engine(**(one or ours())))
        second = await stack.enter_async_context(scripted_engine(**(two or ours())))
        client = Engines(f"{first.url}, {second.url},{first.url}", api_key=KEY, model=model)
        assert len(client._endpoints) == 2
        client._pool.last = 0
        try:
            yield client, first, second
        finally:
            await client.aclose()


def asked(*servers: ScriptedEngine) -> list[int]:
    return [len(server.requests) for server in servers]


async def test_requests_one_by_one_stay_with_one_engine_which_is_seldom_looked_at() -> None:
    async with engines() as (client, first, second):
        await client.reach()
        for _ in range(3):
            assert text_of(await answer(client)) == "A dog runs."
        await until(lambda: not client._looks)
    assert asked(first, second) == [3, 0]
    assert [one.paths.count("/health") for one in (first, second)] == [1, 1]


async def test_requests_at_the_same_time_are_spread() -> None:
    async with engines() as (client, first, second):
        gate = asyncio.Event()
        first.usual = second.usual = say("A.", gate=gate)
        await client.reach()
        tasks = [asyncio.create_task(answer(client)) for _ in range(4)]
        await first.wait_requests(2)
        await second.wait_requests(2)
        gate.set()
        await asyncio.gather(*tasks)
    assert asked(first, second) == [2, 2]


@pytest.mark.parametrize("status", [429, 503])
async def test_a_full_engine_is_passed_over_and_not_knocked_at(status: int) -> None:
    async with engines() as (client, first, second):
        first.usual = refuse(status)
        await client.reach()
        for _ in range(5):
            assert text_of(await answer(client)) == "A dog runs."
    assert asked(first, second) == [1, 5]


async def test_an_engine_that_is_gone_is_passed_over_and_used_again_when_it_is_back() -> None:
    async with engines() as (client, first, second):
        await client.reach()
        await answer(client)
        await first.stop()
        for _ in range(3):
            assert text_of(await answer(client)) == "A dog runs."
        assert asked(first, second) == [1, 3]
        await first.start()
        client._pool.seats[0].look_after = 0.0  # the wait until the next look is over
        await answer(client)
        await until(lambda: client._pool.seats[0].up)
        second.usual = FULL
        assert text_of(await answer(client)) == "A dog runs."
    assert asked(first, second) == [2, 5]


async def test_an_answer_that_breaks_off_is_not_begun_anew_elsewhere() -> None:
    async with engines() as (client, first, second):
        first.usual = say("A dog ", rest=asyncio.Event())
        await client.reach()
        stream = client.stream(window())
        assert (await anext(stream)).text == "A dog "
        await first.stop()
        with pytest.raises(EngineUnavailable):
            async for _ in stream:
                pass
        await answer(client)
    assert asked(first, second) == [1, 1]


@pytest.mark.parametrize(
    ("status", "kind"), [(400, EngineRejected), (401, EngineRejected), (500, EngineUnavailable)]
)
async def test_what_one_engine_rejects_is_not_tried_at_the_next(
    status: int, kind: type[Exception]
) -> None:
    async with engines() as (client, first, second):
        first.usual = refuse(status, "voice 'nobody' is not known")
        await client.reach()
        with pytest.raises(kind, match="voice"):
            await answer(client)
    assert asked(first, second) == [1, 0]


async def test_all_full_tells_that_somebody_is_there() -> None:
    async with engines() as (client, first, second):
        first.usual = FULL
        await client.reach()
        await second.stop()
        with pytest.raises(EngineUnavailable) as caught:
            await answer(client)
        assert caught.value.status == 503


async def test_engines_of_different_kinds_agree_on_what_they_all_can_do() -> None:
    async with engines(ours(), PLAIN) as (client, _, _):
        await client.reach()
        assert (client.speaks, client.hears) == (None, False)
    async with engines(ours(speaks=False), ours(speaks=False)) as (client, _, _):
        await client.reach()
        assert (client.speaks, client.hears) == (False, True)
