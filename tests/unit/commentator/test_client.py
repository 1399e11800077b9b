from __future__ import annotations

import asyncio
import base64
import re
import traceback
from contextlib import aclosing
from typing import Any

import pytest
from aiohttp import web

from agent.commentator.engine.chunks import Delta
from agent.commentator.engine.client import EngineClient
from agent.commentator.engine.dialects.pressbox import Generous
from agent.commentator.engine.errors import (
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineStarting,
    EngineTimeout,
    EngineUnavailable,
)
from agent.commentator.engine.request import EngineRequest
from tests.support.gated_engine import (
    Answer,
    ScriptedEngine,
    audio,
    chunk,
    hang,
    open_stream,
    raw,
    refuse,
    say,
    scripted_engine,
    send,
    tone,
)

KEY = "sk-very-secret-key"
REQUEST = EngineRequest(messages=[{"role": "user", "content": "Hi"}])


async def collect(client: EngineClient, request: EngineRequest = REQUEST) -> list[Delta]:
    async with aclosing(client.stream(request)) as deltas:
        return [delta async for delta in deltas]


async def failure_of(answer: Answer, **arguments: Any) -> EngineError:
    async with scripted_engine(answer) as engine:
        client = EngineClient(engine.url, api_key=KEY, **arguments)
        try:
            with pytest.raises(EngineError) as caught:
                await collect(client)
        finally:
            await client.aclose()
    told = "".join(traceback.format_exception(caught.value))
    assert KEY not in told
    assert "\n" not in str(caught.value)
    return caught.value


async def test_text_and_speech_come_in_order() -> None:
    async with scripted_engine(say("A ball.", seconds=0.1)) as engine:
        client = EngineClient(engine.url)
        deltas = await collect(client)
        await client.aclose()
    assert "".join(delta.text for delta in deltas) == "A ball."
    assert b"".join(delta.pcm for delta in deltas) == tone(0.1)
    assert [delta.finish for delta in deltas if delta.finish] == ["stop"]
    assert deltas[-1] == Delta(prompt_tokens=7, completion_tokens=5)
    assert client.model == "scripted"


async def test_what_a_request_carries() -> None:
    request = EngineRequest(
        messages=REQUEST.messages, kind="answer", room="lobby", voice="amy", max_tokens=50,
        deadline=1.5, frame_times=[-0.5, 0.0],
    )  # fmt: skip
    async with scripted_engine() as engine:
        client = EngineClient(engine.url, api_key=KEY, model="given")
        await collect(client, request)
        await collect(client, EngineRequest(messages=[], audio=False))
        await client.aclose()
    spoken, written = engine.requests
    assert spoken["model"] == "given"
    assert spoken["modalities"] == ["text", "audio"]
    assert spoken["audio"] == {"voice": "amy", "format": "pcm16"}
    assert spoken["stream"] is True
    assert spoken["max_completion_tokens"] == 50
    assert spoken["pressbox"] == {
        "room": "lobby", "kind": "answer", "deadline_ms": 1500, "frame_times": [-0.5, 0.0],
    }  # fmt: skip
    assert written["modalities"] == ["text"]
    assert "audio" not in written
    assert engine.headers[0]["Authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (refuse(401, f"bad key {KEY}"), EngineRejected, "401"),
        (refuse(404, "no such model"), EngineRejected, "no such model"),
        (refuse(500, "out of memory"), EngineUnavailable, "500: .*out of memory"),
        (refuse(429), EngineUnavailable, "429"),
        (refuse(503, code="queue_full"), EngineUnavailable, "503"),
        (refuse(503, code="engine_starting"), EngineStarting, "still loading its model"),
        (refuse(503, code="deadline_exceeded"), EngineTimeout, "deadline"),
        (raw(b"<html>hello</html>", "text/html"), EngineUnavailable, "early"),
        (raw(b""), EngineUnavailable, "early"),
        (raw(b"data: {not json\n\n"), EngineProtocolError, "garbage"),
        (raw(b"\xff\xfe\x00garbage\n\n\xff"), EngineError, ""),
        (raw(b"data: 7\n\n"), EngineProtocolError, "garbage"),
        (raw(b"data: [1, 2]\n\n"), EngineProtocolError, "garbage"),
        (raw(b'data: {"choices": [{"delta": 7}]}\n\n'), EngineProtocolError, "garbage"),
        (raw(b'data: {"error": {"message": "it broke"}}\n\n'), EngineUnavailable, "it broke"),
        (say("Half a", end=False), EngineUnavailable, "connection|early"),
    ],
)
async def test_failures_are_told_apart(answer: Answer, kind: type[EngineError], text: str) -> None:
    failure = await failure_of(answer)
    assert isinstance(failure, kind)
    assert re.search(text, str(failure)), failure


async def test_silence_between_chunks_is_a_timeout() -> None:
    assert isinstance(await failure_of(hang(), chunk_timeout=0.1), EngineTimeout)


async def test_nobody_there() -> None:
    async with scripted_engine() as engine:
        url = engine.url
    client = EngineClient(url, api_key=KEY)
    for call in (client.reach(), collect(client)):
        with pytest.raises(EngineUnavailable) as caught:
            await call
        assert caught.value.status is None
        assert KEY not in "".join(traceback.format_exception(caught.value))
    await client.aclose()


async def nothing_in_flight(engine: ScriptedEngine) -> None:
    async with asyncio.timeout(5), engine.asked:
        await engine.asked.wait_for(lambda: engine.in_flight == 0)


async def test_closing_cancels_the_request_at_the_engine() -> None:
    async with scripted_engine(hang()) as engine:
        client = EngineClient(engine.url)
        task = asyncio.create_task(collect(client))
        await engine.wait_requests(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await nothing_in_flight(engine)
        assert engine.cancelled == 1
        await client.aclose()


async def test_leaving_an_answer_half_read_cancels_it_too() -> None:
    rest = asyncio.Event()
    async with scripted_engine(say("Hi.", rest=rest)) as engine:
        client = EngineClient(engine.url)
        async with aclosing(client.stream(REQUEST)) as deltas:
            assert (await anext(deltas)).text == "Hi."
        await nothing_in_flight(engine)
        assert engine.cancelled == 1
        await client.aclose()


async def test_the_model_is_asked_for_again_after_a_refusal() -> None:
    async with scripted_engine(say("A."), refuse(404, "model not found"), say("B.")) as engine:
        client = EngineClient(engine.url)
        await collect(client)
        engine.models = ["another"]
        with pytest.raises(EngineRejected):
            await collect(client)
        await collect(client)
        await client.aclose()
    assert [request["model"] for request in engine.requests] == ["scripted", "scripted", "another"]


async def test_an_engine_without_models() -> None:
    async with scripted_engine() as engine:
        engine.models = []
        client = EngineClient(engine.url)
        with pytest.raises(EngineProtocolError, match="lists no model"):
            await client.reach()
        await client.aclose()
        named = EngineClient(engine.url, model="mine")
        await named.reach()
        assert named.model == "mine"
        await named.aclose()


@pytest.mark.parametrize(
    "listed", ["{", "7", "[]", "null", '{"data": 7}', '{"data": {}}', '"\\ud800"', "[" * 99_999]
)
async def test_a_list_of_models_that_is_none(listed: str) -> None:
    async with scripted_engine() as engine:
        engine.listed = listed
        client = EngineClient(engine.url)
        with pytest.raises(EngineProtocolError, match="garbage"):
            await client.reach()
        engine.listed = '{"data": [7, {"id": 7}, {}, {"id": "good"}]}'
        await client.reach()
        assert client.model == "good"
        await client.aclose()


@pytest.mark.parametrize("where", ["arguments", "read"])
async def test_a_mistake_of_ours_stays_what_it_is(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> None:
        raise KeyError("ours")

    async with scripted_engine() as engine:
        client = EngineClient(engine.url)
        await collect(client)
        monkeypatch.setattr(Generous, where, wrong)
        with pytest.raises(KeyError, match="ours"):
            await collect(client)
        await nothing_in_flight(engine)
        await client.aclose()


NO_URLS = [
    "", "127.0.0.1:8198", "ftp://u:hidden@host", "http://", "http://[u:hidden",
    "http://u:hidden@host/v1", "http://hidden@host/v1", "http://host/v1?key=hidden",
]  # fmt: skip


@pytest.mark.parametrize("url", NO_URLS)
def test_an_address_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="engine's address") as caught:
        EngineClient(url)
    assert "hidden" not in str(caught.value)


async def test_a_transcript_in_the_audio_is_passed_on() -> None:
    async def answer(_: ScriptedEngine, request: web.Request, __: dict[str, Any]) -> Any:
        response = await open_stream(request)
        delta = audio(tone(0.02))
        delta["audio"]["transcript"] = "A ball."
        await send(response, chunk(delta, finish="stop"))
        return response

    async with scripted_engine(answer) as engine:
        client = EngineClient(engine.url)
        deltas = await collect(client)
        await client.aclose()
    assert deltas[0].transcript == "A ball."
    assert base64.b64encode(deltas[0].pcm) == base64.b64encode(tone(0.02))
