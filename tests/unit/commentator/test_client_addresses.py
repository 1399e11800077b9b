"""Several addresses: which are taken, and by whom."""

from __future__ import annotations

import pytest

from agent.commentator.engine.client import EngineClient
from agent.plugin import RealtimeModel
from tests.support.scripted_servers import LlamaCppServer, serving


def test_one_wrong_address_among_several_is_refused_without_quoting_it() -> None:
    for urls in ("http://127.0.0.1:1/v1,ftp://hidden", ["http://a/v1", "http://u:hidden@b/v1"]):
        with pytest.raises(ValueError, match="engine's address") as caught:
            EngineClient(urls)
        assert "hidden" not in str(caught.value)


async def test_the_same_address_twice_is_one_engine() -> None:
    client = EngineClient("http://127.0.0.1:1/v1, http://127.0.0.1:1/v1")
    assert len(client._endpoints) == 1
    await client.aclose()


async def test_a_session_takes_several_addresses_and_a_kind() -> None:
    first, second = LlamaCppServer(), LlamaCppServer()
    async with serving(first), serving(second):
        model = RealtimeModel(engine=f"{first.url},{second.url}", engine_api="llama.cpp")
        session = model.session()
        await first.until_seen("/props", 1)
        await second.until_seen("/props", 1)
        await session.aclose()
        await model.aclose()
    with pytest.raises(ValueError, match="engine_api"):
        RealtimeModel(engine=first.url, engine_api="none")
