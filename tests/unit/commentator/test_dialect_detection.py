"""Which dialect is taken for which server."""

from __future__ import annotations

from typing import Any

import pytest

from agent.commentator.engine.errors import EngineUnavailable
from tests.support.scripted_servers import (
    Hosted,
    LlamaCppServer,
    OllamaServer,
    PressboxServer,
    ScriptedServer,
    SGLangOmniServer,
    VllmOmniServer,
)

from .asking import answer, asking

SERVERS = [
    (PressboxServer, "pressbox"),
    (VllmOmniServer, "vllm-omni"),
    (SGLangOmniServer, "sglang-omni"),
    (LlamaCppServer, "llama.cpp"),
    (OllamaServer, "ollama"),
    (lambda: OllamaServer("openbmb/minicpm-o4.5:latest"), "ollama"),
    (Hosted, "openai"),
]


@pytest.mark.parametrize(("make", "name"), SERVERS)
async def test_a_server_is_known_by_what_it_says_of_itself(make: Any, name: str) -> None:
    async with asking(make(), api="auto") as client:
        await client.reach()
        assert client.dialects == (name,)


@pytest.mark.parametrize(("make", "name"), SERVERS)
async def test_it_is_also_found_out_when_the_model_is_given(make: Any, name: str) -> None:
    server: ScriptedServer = make()
    model = server.models[0]["id"]
    async with asking(server, model=model, api="auto") as client:
        await answer(client)
        assert client.dialects == (name,)
        assert client.model == model
    assert server.paths.count("/v1/models") == 1


async def test_a_kind_that_was_named_is_not_asked_about() -> None:
    server = OllamaServer("some/model:1b")
    async with asking(server, api="ollama") as client:
        await client.reach()
        assert client.dialects == ("ollama",)
    assert "/api/version" not in server.paths


async def test_plain_sglang_only_writes() -> None:
    server = Hosted(length_field="max_tokens", fields=("chat_template_kwargs",))
    server.models = ({"id": "m", "object": "model", "created": 0, "owned_by": "sglang"},)
    async with asking(server, api="auto") as client:
        await answer(client)
        assert client.dialects == ("sglang",)
        assert client.speaks is False
    assert len(server.requests) == 1


async def test_another_engine_at_the_same_address_is_found_out_too() -> None:
    first, second = VllmOmniServer(), LlamaCppServer()
    async with asking(first) as client:
        await answer(client)
        await first.stop()
        with pytest.raises(EngineUnavailable):
            await answer(client)
        second.port = first.port
        await second.start()
        try:
            await client.reach()
            assert client.dialects == ("llama.cpp",)
            assert client.speaks is False
            await answer(client)
        finally:
            await second.stop()
