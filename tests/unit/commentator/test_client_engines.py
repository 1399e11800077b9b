"""One client, several engines: the least busy one, fail-over, recovery."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from agent.commentator.engine.client import EngineClient
from agent.commentator.engine.errors import EngineRejected, EngineUnavailable
from tests.support.scripted_servers import (
    Hosted,
    LlamaCppServer,
    PressboxServer,
    ScriptedServer,
    VllmOmniServer,
    serving,
)

from .asking import KEY, answer, spoken, text_of, window


@asynccontextmanager
async def engines(*servers: ScriptedServer, model: str = "") -> AsyncIterator[EngineClient]:
    """A client of all of these; the first one is where it begins."""
    async with AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(serving(server))
        urls = ",".join(server.url for server in servers)
        client = EngineClient(urls, api_key=KEY, model=model)
        client._pool.last = 0
        try:
            yield client
        finally:
            await client.aclose()


async def until(condition: Callable[[], bool]) -> None:
    """Let what goes on beside requests come to pass."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


def asked(*servers: ScriptedServer) -> list[int]:
    return [len(server.requests) for server in servers]


async def test_requests_one_by_one_stay_with_one_engine() -> None:
    first, second = PressboxServer(), PressboxServer()
    async with engines(first, second) as client:
        await client.reach()
        for _ in range(3):
            assert text_of(await answer(client)) == "A dog runs."
    assert asked(first, second) == [3, 0]


async def test_requests_at_the_same_time_are_spread() -> None:
    first, second = PressboxServer(), PressboxServer()
    for server in (first, second):
        server.hold = asyncio.Event()
    async with engines(first, second) as client:
        await client.reach()
        tasks = [asyncio.create_task(answer(client)) for _ in range(4)]
        await first.until_asked(2)
        await second.until_asked(2)
        for server in (first, second):
            assert server.hold is not None
            server.hold.set()
        await asyncio.gather(*tasks)
    assert asked(first, second) == [2, 2]


async def test_an_engine_that_others_keep_busy_is_left_alone() -> None:
    first, second = PressboxServer(busy=3), PressboxServer()
    async with engines(first, second) as client:
        await client.reach()
        await answer(client)
        await until(lambda: client._pool.seats[0].others == 3 and not client._looks)
        await answer(client, window(1, kind="answer"))
        assert asked(first, second) == [1, 1]
        while not asked(second)[0] > 1:  # commentary goes there too, drawn by lot
            await answer(client)


async def test_health_is_asked_beside_requests_and_rarely() -> None:
    first, second = PressboxServer(), PressboxServer()
    async with engines(first, second) as client:
        await client.reach()
        for _ in range(5):
            await answer(client)
        await until(lambda: not client._looks)
    assert first.paths.count("/health") == 1
    assert second.paths.count("/health") == 1


async def test_an_engine_that_lists_no_models_is_there_all_the_same() -> None:
    first, second = Hosted(), Hosted()
    first.lists = False
    async with engines(first, second, model="gpt-large") as client:
        await client.reach()
        await answer(client)
        await until(lambda: not client._looks)
        assert all(seat.up for seat in client._pool.seats)


async def test_one_engine_is_not_looked_at() -> None:
    server = PressboxServer()
    async with engines(server) as client:
        await answer(client)
    assert "/health" not in server.paths


@pytest.mark.parametrize("status", [429, 503])
async def test_a_full_engine_is_passed_over_at_once(status: int) -> None:
    first, second = PressboxServer(), PressboxServer()
    first.broken = status
    async with engines(first, second) as client:
        await client.reach()
        assert text_of(await answer(client)) == "A dog runs."
        assert text_of(await answer(client)) == "A dog runs."
    assert asked(first, second) == [1, 2]


async def test_an_engine_that_is_gone_is_passed_over_and_used_again_when_it_is_back() -> None:
    first, second = PressboxServer(), PressboxServer()
    async with engines(first, second) as client:
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
        second.broken = 503
        assert text_of(await answer(client)) == "A dog runs."
    assert asked(first, second) == [2, 5]


async def test_an_engine_that_was_never_there_joins_when_it_comes() -> None:
    first, second = PressboxServer(), VllmOmniServer()
    async with engines(first, second) as client:
        await second.stop()
        await client.reach()
        await answer(client)
        assert client.speaks is True
        await second.start()
        await until(lambda: not client._looks)
        client._pool.seats[1].look_after = 0.0
        await answer(client)
        await until(lambda: client._pool.seats[1].up)
        assert client.dialects == ("pressbox", "vllm-omni")
        await first.stop()
        assert text_of(await answer(client)) == "A dog runs."


async def test_while_an_engine_is_away_requests_do_not_knock_at_it() -> None:
    first, second = PressboxServer(), PressboxServer()
    first.broken = 503
    async with engines(first, second) as client:
        await client.reach()
        for _ in range(10):
            await answer(client)
    assert asked(first, second) == [1, 10]


async def test_an_answer_that_breaks_off_is_not_begun_anew_elsewhere() -> None:
    first, second = PressboxServer(), PressboxServer()
    first.hold = asyncio.Event()
    async with engines(first, second) as client:
        await client.reach()
        stream = client.stream(window())
        assert (await anext(stream)).text == "A dog "
        await first.stop()
        with pytest.raises(EngineUnavailable):
            await anext(stream)
        await stream.aclose()
        await answer(client)
    assert asked(first, second) == [1, 1]


async def test_what_one_engine_rejects_is_not_tried_at_the_next() -> None:
    first, second = PressboxServer(), PressboxServer()
    async with engines(first, second) as client:
        await client.reach()
        with pytest.raises(EngineRejected, match="voice"):
            await answer(client, window(voice="nobody"))
    assert asked(first, second) == [1, 0]


async def test_an_engine_that_fails_is_not_a_reason_to_fail_at_the_next() -> None:
    first, second = PressboxServer(), PressboxServer()
    first.broken = 500
    async with engines(first, second) as client:
        await client.reach()
        with pytest.raises(EngineUnavailable) as caught:
            await answer(client)
        assert caught.value.status == 500
    assert asked(first, second) == [1, 0]


async def test_all_gone() -> None:
    first, second = PressboxServer(), PressboxServer()
    async with engines(first, second) as client:
        await first.stop()
        await second.stop()
        for call in (client.reach(), answer(client)):
            with pytest.raises(EngineUnavailable, match="no connection") as caught:
                await call
            assert caught.value.status is None
            assert KEY not in "".join(traceback.format_exception(caught.value))


async def test_all_full_tells_that_somebody_is_there() -> None:
    first, second = PressboxServer(), PressboxServer()
    first.broken = 503
    async with engines(first, second) as client:
        await client.reach()
        await second.stop()
        with pytest.raises(EngineUnavailable) as caught:
            await answer(client)
        assert caught.value.status == 503


async def test_engines_of_different_kinds_agree_on_what_they_all_can_do() -> None:
    speaking, writing = PressboxServer(hears=True), LlamaCppServer(audio=True)
    async with engines(speaking, writing) as client:
        await client.reach()
        assert client.speaks is None
        assert client.hears
        await answer(client, spoken())
    async with engines(PressboxServer(speaks=False), LlamaCppServer()) as client:
        await client.reach()
        assert client.speaks is False
        assert not client.hears


async def test_leaving_closes_the_connection_and_frees_the_place() -> None:
    first, second = PressboxServer(), PressboxServer()
    first.hold = asyncio.Event()
    async with engines(first, second) as client:
        await client.reach()
        task = asyncio.create_task(answer(client))
        await first.until_asked(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await first.until_idle()
        assert [seat.own for seat in client._pool.seats] == [0, 0]
        assert all(seat.up for seat in client._pool.seats)


async def test_closing_ends_a_look_that_hangs() -> None:
    first, second = PressboxServer(), PressboxServer()
    async with engines(first, second) as client:
        await client.reach()
        never = asyncio.Event()
        client._endpoints[1].busy = never.wait  # type: ignore[method-assign]
        await answer(client)
        assert client._looks
        await client.aclose()
        assert not client._looks
