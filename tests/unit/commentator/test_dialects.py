"""Each dialect end to end: EngineClient against a server that behaves as documented."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import numpy as np
import pytest

from agent.commentator.engine.client import EngineClient
from agent.commentator.engine.errors import EngineError, EngineRejected, EngineUnavailable
from agent.commentator.engine.request import EngineRequest
from tests.support.scripted_servers import (
    Hosted,
    LlamaCppServer,
    OllamaServer,
    PressboxServer,
    ScriptedServer,
    SGLangOmniServer,
    VllmOmniServer,
    wave_of,
)

from .asking import KEY, answer, asking, pcm_of, pictures_of, samples_of, text_of, window

SPEAKING = [
    PressboxServer,
    VllmOmniServer,
    SGLangOmniServer,
    lambda: Hosted(speech=True),
]
WRITING = [
    lambda: PressboxServer(speaks=False),
    lambda: VllmOmniServer(speech=False),
    lambda: VllmOmniServer(omni=False),
    lambda: SGLangOmniServer(speech=False),
    Hosted,
    LlamaCppServer,
    OllamaServer,
]


@pytest.mark.parametrize("make", SPEAKING)
async def test_text_and_speech_of_those_that_speak(make: Any) -> None:
    async with asking(make()) as client:
        known = [client.speaks]
        deltas = await answer(client)
        known.append(client.speaks)
    assert known == [None, True]
    assert text_of(deltas) == "A dog runs."
    assert pcm_of(deltas) == wave_of(0.2, 24_000)
    assert [delta.finish for delta in deltas if delta.finish] == ["stop"]
    assert max(delta.completion_tokens for delta in deltas) == 4


@pytest.mark.parametrize("make", WRITING)
async def test_text_of_those_that_only_write_although_speech_is_wanted(make: Any) -> None:
    async with asking(make()) as client:
        deltas = await answer(client)
        assert client.speaks is False
        await answer(client)
    assert text_of(deltas) == "A dog runs."
    assert pcm_of(deltas) == b""
    assert [delta.finish for delta in deltas if delta.finish] == ["stop"]


@pytest.mark.parametrize("make", [*SPEAKING, *WRITING])
async def test_the_pictures_arrive_in_order_and_the_length_is_kept(make: Any) -> None:
    server: ScriptedServer = make()
    async with asking(server) as client:
        await answer(client, window(3, max_tokens=50))
    body = server.requests[-1]
    assert pictures_of(body) == [0, 1, 2]
    assert body.get("max_tokens", body.get("max_completion_tokens")) == 50


@pytest.mark.parametrize("make", [VllmOmniServer, LlamaCppServer, OllamaServer])
async def test_the_length_reaches_the_model(make: Any) -> None:
    async with asking(make()) as client:
        deltas = await answer(client, window(1, audio=False, max_tokens=1))
    assert text_of(deltas) == "A dog "
    assert [delta.finish for delta in deltas if delta.finish] == ["length"]


@pytest.mark.parametrize("make", [*SPEAKING, *WRITING])
async def test_text_alone_when_no_speech_is_wanted(make: Any) -> None:
    server: ScriptedServer = make()
    async with asking(server) as client:
        deltas = await answer(client, window(1, audio=False))
    assert text_of(deltas) == "A dog runs."
    assert pcm_of(deltas) == b""
    assert len(server.requests) == 1
    assert "audio" not in server.requests[0]


@pytest.mark.parametrize("make", [*SPEAKING, *WRITING])
async def test_leaving_an_answer_closes_the_connection(make: Any) -> None:
    server: ScriptedServer = make()
    async with asking(server) as client:
        await answer(client)
        server.hold = asyncio.Event()
        task = asyncio.create_task(answer(client))
        before = len(server.requests)
        await server.until_asked(before + 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.until_idle()
        assert server.cancelled == 1


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("make", [VllmOmniServer, SGLangOmniServer])
async def test_speech_at_another_rate_is_resampled_without_clicks(make: Any, rate: int) -> None:
    async with asking(make(rate=rate)) as client:
        samples = samples_of(await answer(client)).astype(np.float64)
    assert abs(len(samples) - 4_800) <= 2
    expected = np.frombuffer(wave_of(0.2, 24_000), "<i2")[: len(samples)].astype(np.float64)
    inner = slice(200, -200)
    assert np.abs(samples[: len(expected)] - expected)[inner].max() < 300


async def test_wav_headers_on_the_first_piece_only() -> None:
    async with asking(VllmOmniServer(headers="first", pieces=5)) as client:
        assert pcm_of(await answer(client)) == wave_of(0.5, 24_000)


LIMITED = [
    lambda: VllmOmniServer(images=3),
    lambda: VllmOmniServer(images=3, omni=False),
    lambda: Hosted(images=3),
]


@pytest.mark.parametrize("make", LIMITED)
async def test_an_image_limit_is_learned_and_kept(make: Any) -> None:
    server: ScriptedServer = make()
    async with asking(server) as client:
        assert text_of(await answer(client, window(7, audio=False))) == "A dog runs."
        await answer(client, window(7, audio=False))
        await answer(client, window(2, audio=False))
    kept = [pictures_of(body) for body in server.requests]
    assert kept == [list(range(7)), [0, 3, 6], [0, 3, 6], [0, 1]]


@pytest.mark.parametrize(
    "make", [lambda: LlamaCppServer(context=2), lambda: SGLangOmniServer(context=2)]
)
async def test_what_does_not_fit_into_the_context_is_halved_until_it_does(make: Any) -> None:
    server: ScriptedServer = make()
    async with asking(server) as client:
        assert text_of(await answer(client, window(8))) == "A dog runs."
        await answer(client, window(8))
    assert [len(pictures_of(body)) for body in server.requests] == [8, 4, 2, 2]
    assert pictures_of(server.requests[-1])[-1] == 7


async def test_a_single_picture_that_does_not_fit_is_a_refusal() -> None:
    server = LlamaCppServer(context=0)
    async with asking(server) as client:
        with pytest.raises(EngineRejected, match="context size"):
            await answer(client, window(1))
    assert len(server.requests) == 1


async def test_what_was_learned_is_forgotten_with_the_connection() -> None:
    server = VllmOmniServer(images=2)
    async with asking(server) as client:
        await answer(client, window(4))
        await server.stop()
        with pytest.raises(EngineUnavailable):
            await answer(client, window(4))
        server.images = 9
        await server.start()
        await answer(client, window(4))
    assert len(pictures_of(server.requests[-1])) == 4


@pytest.mark.parametrize("make", [*SPEAKING, *WRITING])
@pytest.mark.parametrize("status", [401, 404, 429, 500, 503])
async def test_refusals_are_told_apart_and_carry_no_key(make: Any, status: int) -> None:
    server: ScriptedServer = make()
    server.broken = status
    async with asking(server) as client:
        with pytest.raises(EngineError) as caught:
            await answer(client)
    kind = EngineRejected if status < 429 else EngineUnavailable
    assert type(caught.value) is kind
    assert str(status) in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert len(server.requests) == 1


async def test_an_engine_that_refuses_for_ever_is_asked_a_bounded_number_of_times() -> None:
    server = LlamaCppServer(context=0)
    async with asking(server) as client:
        with pytest.raises(EngineRejected, match="context size"):
            await answer(client, window(64))
    assert [len(pictures_of(body)) for body in server.requests] == [64, 32, 16, 8, 4]


def test_an_unknown_kind_of_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="engine_api='vlllm' is not known: one of auto, openai"):
        EngineClient("http://127.0.0.1:1/v1", api="vlllm")


async def test_a_request_without_pictures_is_left_as_it_is() -> None:
    server = VllmOmniServer()
    request = EngineRequest(messages=[{"role": "user", "content": "Hi"}])
    async with asking(server) as client:
        await answer(client, request)
    assert server.requests[0]["messages"] == [{"role": "user", "content": "Hi"}]
