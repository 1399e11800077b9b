"""The adapter for Ollama and Ollama itself, with a tiny model of random weights."""

from __future__ import annotations

from contextlib import aclosing

import pytest
from livekit.plugins.pressbox.engine import EngineRejected

from tests.peer_engines.asking import client_of, window
from tests.peer_engines.conftest import Ollama
from tests.unit.commentator.asking import answer


async def test_it_is_recognised_and_looks_at_every_picture(ollama: Ollama) -> None:
    async with ollama() as (url, _), client_of(url, model="tiny:latest") as client:
        counts = [(await answer(client, window(n)))[-1].prompt_tokens for n in (1, 4)]
        assert counts[1] > 3 * counts[0]
        assert (client.speaks, client.hears) == (False, False)


async def test_closing_the_connection_ends_the_answer(ollama: Ollama) -> None:
    async with ollama() as (url, server), client_of(url, model="tiny:latest") as client:
        async with aclosing(client.stream(window(1, max_tokens=100_000))) as deltas:
            await anext(deltas)
        await server.until_said("cancel task")


async def test_what_is_too_long_is_one_line(ollama: Ollama) -> None:
    async with ollama(context=2048) as (url, _), client_of(url, model="tiny:latest") as client:
        long = window(2, messages=[{"role": "user", "content": "What happens? " * 200}])
        with pytest.raises(EngineRejected, match=r"context.*\(2048 tokens") as refused:
            await answer(client, long)
        assert "{" not in str(refused.value)


async def test_a_model_that_sees_nothing_or_is_not_there_is_named(ollama: Ollama) -> None:
    async with ollama() as (url, _):
        async with client_of(url, model="blind") as client:
            with pytest.raises(EngineRejected, match="blind has no vision"):
                await client.reach()
        async with client_of(url, model="gone:latest") as client:
            with pytest.raises(EngineRejected, match="gone:latest"):
                await answer(client, window(1))
