"""What a model is made with, what it says of itself, and how failures of its engine are told."""

from __future__ import annotations

import httpx2
import openai
import pytest
from gated_engine import hang, refuse, say, scripted_engine, stream
from livekit.agents import (
    Agent,
    AgentSession,
    APIConnectionError,
    APIConnectOptions,
    APIError,
    APIStatusError,
    APITimeoutError,
    CloseReason,
    llm,
)
from livekit.plugins import pressbox
from livekit.plugins.pressbox import RealtimeModel
from plugin_stage import PluginStage, film, plugin_stage

pytestmark = pytest.mark.unit


async def test_address_and_key_may_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError, match="PRESSBOX_BASE_URL"):
        RealtimeModel()
    with pytest.raises(ValueError, match="password"):
        RealtimeModel(base_url="http://me:secret@127.0.0.1/v1")
    async with scripted_engine() as engine:
        monkeypatch.setenv("PRESSBOX_BASE_URL", engine.url)
        monkeypatch.setenv("PRESSBOX_API_KEY", "from outside")
        async with RealtimeModel(model="chosen") as model:
            await model.session().generate_reply(instructions="Greet them.")
            assert engine.requests[0]["model"] == "chosen"
            assert engine.headers[0]["Authorization"] == "Bearer from outside"


async def test_a_client_of_the_callers_is_used_and_stays_open() -> None:
    script = say("Hello."), refuse(400, "theirs is no key")
    async with scripted_engine(*script) as engine, httpx2.AsyncClient() as http:
        client = openai.AsyncClient(base_url=engine.url, api_key="theirs", http_client=http)
        async with RealtimeModel(client=client) as model:
            session = model.session()
            await session.generate_reply(instructions="Greet them.")
            assert engine.headers[0]["Authorization"] == "Bearer theirs"
            with pytest.raises(llm.RealtimeError, match=r"\*\*\* is no key"):
                await session.generate_reply(instructions="Greet them.")
        assert not http.is_closed


async def test_metrics_say_what_the_tokens_were() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 30,
        "prompt_tokens_details": {"image_tokens": 80, "audio_tokens": 5, "cached_tokens": 12},
        "completion_tokens_details": {"audio_tokens": 20},
    }
    choice = {"index": 0, "delta": {"content": "A ball rolls."}, "finish_reason": "stop"}
    answer = stream({"choices": [choice]}, {"choices": [], "usage": usage})
    async with plugin_stage(answer) as on:
        await on.until(lambda: bool(on.metrics))
        told, made = on.metrics[0].input_token_details, on.metrics[0].output_token_details
        assert (told.text_tokens, told.image_tokens, told.audio_tokens) == (15, 80, 5)
        assert (told.cached_tokens, made.text_tokens, made.audio_tokens) == (12, 10, 20)


# failures


async def first_error(on: PluginStage) -> tuple[APIError, bool]:
    await on.until(lambda: bool(on.errors))
    error = on.errors[0].error
    assert isinstance(error, APIError)
    return error, on.errors[0].recoverable


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_wrong_key_or_model_is_not_recoverable(status: int) -> None:
    async with plugin_stage(refuse(status, "no such thing")) as on:
        error, recoverable = await first_error(on)
        assert isinstance(error, APIStatusError)
        assert (error.status_code, error.retryable, recoverable) == (status, False, False)


@pytest.mark.parametrize("status", [400, 429, 500, 503])
async def test_an_engine_that_may_serve_later_is_recoverable(status: int) -> None:
    async with plugin_stage(refuse(status, "not now"), say("Again.")) as on:
        error, recoverable = await first_error(on)
        assert isinstance(error, APIStatusError)
        assert (error.status_code, recoverable) == (status, True)
        await on.until(lambda: "Again." in on.texts.values())


async def test_after_so_many_retries_no_connection_is_not_recoverable() -> None:
    conn_options = APIConnectOptions(max_retry=1, retry_interval=0.01)
    async with plugin_stage(conn_options=conn_options) as on:
        await on.engine.stop()
        await on.until(lambda: len(on.errors) >= 2)
        assert all(isinstance(one.error, APIConnectionError) for one in on.errors)
        assert [one.recoverable for one in on.errors[:2]] == [True, False]


async def test_an_engine_that_says_nothing_for_too_long_has_timed_out() -> None:
    conn_options = APIConnectOptions(timeout=0.1, retry_interval=0.01)
    async with plugin_stage(*[hang()] * 9, conn_options=conn_options) as on:
        error, recoverable = await first_error(on)
        assert isinstance(error, APITimeoutError)
        assert recoverable


async def test_livekit_closes_a_session_whose_key_is_wrong() -> None:
    async with scripted_engine(*[refuse(401, "wrong key")] * 9) as engine:
        session: AgentSession[None] = AgentSession(llm=RealtimeModel(base_url=engine.url), vad=None)
        closed: list[CloseReason] = []
        session.on("close", lambda event: closed.append(event.reason))
        agent = Agent(instructions="You are a commentator.")
        await session.start(agent, record=False)
        plugin = agent.realtime_llm_session
        assert isinstance(plugin, pressbox.RealtimeSession)
        await film(plugin, until=lambda: bool(closed))
        assert closed == [CloseReason.ERROR]
        await session.aclose()
