"""One client and one engine: what is sent, what comes back, and what may go wrong."""

from __future__ import annotations

import base64
import re
import traceback
from typing import Any

import pytest
from gated_engine import Answer, hang, raw, refuse, say
from livekit.plugins.pressbox.engine import (
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineRequest,
    EngineStarting,
    EngineTimeout,
    EngineUnavailable,
    Near,
)
from livekit.plugins.pressbox.engine.chunks import Delta, GarbageError, parse_chunk

from agent.engine.engines import Engines

from .asking import KEY, answer, asking

REQUEST = EngineRequest(messages=[{"role": "user", "content": "Hi"}])


async def failure_of(script: Answer) -> EngineError:
    async with asking(script) as (client, _):
        with pytest.raises(EngineError) as caught:
            await answer(client, REQUEST)
    told = "".join(traceback.format_exception(caught.value))
    assert KEY not in told
    assert "\n" not in str(caught.value)
    return caught.value


async def test_what_a_request_carries() -> None:
    request = EngineRequest(
        messages=REQUEST.messages, kind="answer", room="lobby", voice="amy", max_tokens=50,
        deadline=1.5, frame_times=[-0.5, 0.0],
    )  # fmt: skip
    async with asking(model="given") as (client, engine):
        await answer(client, request)
        await answer(client, EngineRequest(messages=[], audio=False))
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


async def test_silence_between_chunks_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Near, "patience", 0.01)
    assert isinstance(await failure_of(hang()), EngineTimeout)


async def test_the_model_is_asked_for_again_after_a_refusal() -> None:
    async with asking(say("A."), refuse(404, "model not found"), say("B.")) as (client, engine):
        await answer(client)
        engine.models = ["another"]
        with pytest.raises(EngineRejected):
            await answer(client)
        await answer(client)
    assert [request["model"] for request in engine.requests] == ["scripted", "scripted", "another"]


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ('{"data": []}', "lists no model"),
        *[
            (listed, "garbage")
            for listed in ("{", "7", "[]", "null", '{"data": 7}', '"\\ud800"', "[" * 99_999)
        ],
    ],
)
async def test_a_list_of_models_that_is_none(listed: str, told: str) -> None:
    async with asking(listed=listed) as (client, engine):
        with pytest.raises(EngineProtocolError, match=told):
            await client.reach()
        named = Engines(engine.url, model="mine")
        await named.reach()
        assert named.model == "mine"
        await named.aclose()
        engine.listed = '{"data": [7, {"id": 7}, {}, {"id": "good"}]}'
        await client.reach()
        assert client.model == "good"


NO_URLS = [
    "", "127.0.0.1:8198", "ftp://u:hidden@host", "http://", "http://[u:hidden",
    "http://u:hidden@host/v1", "http://hidden@host/v1", "http://host/v1?key=hidden",
]  # fmt: skip


@pytest.mark.parametrize("url", NO_URLS)
def test_an_address_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    for urls in (url, ["http://a/v1", url]):
        with pytest.raises(ValueError, match="engine's address") as caught:
            Engines(urls)
        assert "hidden" not in str(caught.value)


def event(delta: Any, finish: Any = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


ABC = base64.b64encode(b"abc").decode()


@pytest.mark.parametrize(
    ("data", "deltas"),
    [
        (event({"content": "Hi"}), [Delta(text="Hi")]),
        (event({"content": None}), [Delta()]),
        (event(None, "stop"), [Delta(finish="stop")]),
        (event({"audio": None}), [Delta()]),
        (event({"audio": {"data": ABC, "transcript": "Hi"}}), [Delta(transcript="Hi", pcm=b"abc")]),
        ({**event({"content": ABC}), "modality": "audio", "usage": {}}, [Delta(pcm=b"abc")]),
        ({**event({"content": None}, "stop"), "modality": "audio"}, [Delta(finish="stop")]),
        ({"choices": []}, []),
        ({}, []),
        (
            {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}},
            [Delta(prompt_tokens=3, completion_tokens=4)],
        ),
        ({"choices": [], "usage": {"prompt_tokens": "x"}}, [Delta()]),
        ({"pressbox": {"notice": "no speech"}}, [Delta(notice="no speech")]),
    ],
)
def test_what_a_chunk_says(data: dict[str, Any], deltas: list[Delta]) -> None:
    assert parse_chunk(data) == deltas


@pytest.mark.parametrize(
    "data",
    [None, 7, "text", [1], {"choices": "x"}, {"choices": [7]}, event("x"), event({"content": 7}),
     event({"audio": "x"}), event({"audio": {"data": 7}}), event({"audio": {"data": "!!!"}}),
     event({}, 7)],
)  # fmt: skip
def test_garbage_is_named(data: object) -> None:
    with pytest.raises(GarbageError):
        parse_chunk(data)
