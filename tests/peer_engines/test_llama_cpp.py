"""The adapter for llama.cpp and its own server, with a tiny model of random weights."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing

import pytest
from livekit.plugins.pressbox.engine import EngineRejected

from tests.peer_engines.asking import client_of, window
from tests.peer_engines.conftest import Serve
from tests.peer_engines.llama_server import ENDLESS
from tests.unit.commentator.asking import answer, text_of

LONG = 30_000


async def test_it_is_recognised_and_looks_at_every_picture(serve: Serve) -> None:
    async with serve() as server, client_of(server.url) as client:
        counts = []
        for pictures in (1, 4):
            deltas = await answer(client, window(pictures))
            assert text_of(deltas).endswith(".")
            assert [delta.finish for delta in deltas if delta.finish] == ["stop"]
            counts.append(deltas[-1].prompt_tokens)
        assert counts[1] > 3 * counts[0]
        assert (client.speaks, client.hears) == (False, False)


async def test_an_answer_that_nobody_wants_any_more_frees_its_slot(serve: Serve) -> None:
    async with (
        serve("-c", "65536", "-np", "2", grammar=ENDLESS) as server,
        client_of(server.url) as client,
    ):
        async with aclosing(client.stream(window(1, max_tokens=LONG))) as first:
            await anext(first)
            async with aclosing(client.stream(window(1, max_tokens=LONG))) as second:
                await anext(second)
                assert await server.busy() == 2
            assert await anext(first), "the other goes on"
        await server.idle()
        waiting = asyncio.create_task(answer(client, window(1, max_tokens=LONG)))
        while not await server.busy():
            await asyncio.sleep(0)
        waiting.cancel()
        await server.idle()
        lengths = re.findall(r"stop processing: n_tokens = (\d+)", server.program.log)
        assert len(lengths) == 3
        assert max(map(int, lengths)) < LONG, "none was made to its end"


async def test_who_finds_no_free_slot_waits(serve: Serve) -> None:
    async with serve("-np", "2") as server, client_of(server.url) as client:
        answers = await asyncio.gather(*(answer(client, window(2)) for _ in range(5)))
        assert all(text_of(deltas).endswith(".") for deltas in answers)


async def test_what_does_not_fit_is_thinned_once(serve: Serve) -> None:
    async with serve("-c", "1024", "-np", "1") as server, client_of(server.url) as client:
        assert text_of(await answer(client, window(8)))
        learnt = server.refusals
        assert learnt
        assert text_of(await answer(client, window(8)))
        assert server.refusals == learnt


async def test_a_context_for_not_even_one_picture_is_one_line(serve: Serve) -> None:
    async with serve("-c", "256", "-np", "1") as server, client_of(server.url) as client:
        counts = []
        for _ in range(3):
            with pytest.raises(EngineRejected, match=r"context.*\(256 tokens") as refused:
                await answer(client, window(8))
            counts.append(server.refusals)
        assert "{" not in str(refused.value)
        assert counts[2] == counts[1] + 1, "what is known is not learnt again"


async def test_without_mmproj_it_says_how_to_start_it(serve: Serve) -> None:
    async with serve(eyes=False) as server, client_of(server.url) as client:
        with pytest.raises(EngineRejected, match=r"sees no pictures.*--mmproj"):
            await client.reach()
        async with client_of(server.url, must_see=False) as writer:
            assert text_of(await answer(writer, window(0)))


async def test_a_key_is_asked_for(serve: Serve) -> None:
    async with serve("--api-key", "right") as server:
        async with client_of(server.url, api_key="right") as client:
            assert text_of(await answer(client, window(1)))
        async with client_of(server.url, api_key="wrong") as client:
            with pytest.raises(EngineRejected, match="401"):
                await client.reach()
