"""The server before a scripted engine."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from models.engine import (
    AudioDelta,
    BusyError,
    EngineError,
    FatalEngineError,
    Finished,
    RefusedError,
    TextDelta,
)
from models.server import Limits
from tests.engine.conftest import Serve
from tests.engine.scripted import ScriptedEngine, Step
from tests.support.until import until

HELLO: list[Step] = [TextDelta("Hello."), AudioDelta(b"\x01\x00" * 480), Finished("stop", 5, 2)]
CHAT = "/v1/chat/completions"


def ask(room: str = "", **changes: object) -> dict[str, Any]:
    """A request for a streamed answer."""
    body: dict[str, Any] = {
        "messages": [{"role": "user", "content": "What happens?"}],
        "stream": True,
        "modalities": ["text", "audio"],
        "audio": {"voice": "default", "format": "pcm16"},
        "pressbox": {"room": room},
    }
    return {**body, **changes}


async def events(response: aiohttp.ClientResponse) -> list[Any]:
    """All events to the end; the last one is the string [DONE]."""
    text = (await response.read()).decode()
    found = [line.removeprefix("data: ") for line in text.split("\n\n") if line.startswith("data")]
    return [line if line == "[DONE]" else json.loads(line) for line in found]


async def post(
    http: aiohttp.ClientSession, url: str, body: Mapping[str, object]
) -> tuple[int, Any, Mapping[str, str]]:
    """Status, events or the JSON object, headers."""
    async with http.post(url + CHAT, json=body) as response:
        if response.content_type == "application/json":
            return response.status, await response.json(), response.headers
        return response.status, await events(response), response.headers


async def metrics(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(url + "/metrics") as response:
        return await response.text()


async def test_a_streamed_answer(serve: Serve, http: aiohttp.ClientSession) -> None:
    url = await serve(ScriptedEngine(HELLO))
    status, got, headers = await post(http, url, ask(stream_options={"include_usage": True}))
    assert (status, headers["Content-Type"]) == (200, "text/event-stream; charset=utf-8")
    *chunks, usage, done = got
    assert done == "[DONE]"
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert deltas[0] == {"role": "assistant", "content": "Hello."}
    assert base64.b64decode(deltas[1]["audio"]["data"]) == b"\x01\x00" * 480
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, "stop"]
    assert usage["choices"] == []
    assert usage["usage"] == {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    assert len({chunk["id"] for chunk in (*chunks, usage)}) == 1


async def test_what_the_engine_is_asked(serve: Serve, http: aiohttp.ClientSession) -> None:
    engine = ScriptedEngine(HELLO)
    url = await serve(engine)
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "assistant", "content": "It rains."},
        {"role": "user", "content": [{"type": "text", "text": "And now?"}]},
    ]
    body = ask(
        messages=messages,
        model="scripted",
        max_completion_tokens=40,
        audio={"voice": "anna", "format": "pcm16"},
        pressbox={"room": "lobby", "kind": "alert", "unknown": 1},
        temperature=0.7,
    )
    assert (await post(http, url, body))[0] == 200
    (asked,) = engine.requests
    told = (asked.system, asked.text, asked.kind, asked.room)
    assert told == ("Be brief.", "And now?", "alert", "lobby")
    assert [(turn.role, turn.text) for turn in asked.history] == [("assistant", "It rains.")]
    assert (asked.voice, asked.audio, asked.max_tokens) == ("anna", True, 40)


@pytest.mark.parametrize("streamed", [True, False])
async def test_a_closed_connection_stops_the_engine(
    serve: Serve, http: aiohttp.ClientSession, streamed: bool
) -> None:
    engine = ScriptedEngine([TextDelta("Hello."), asyncio.Event()])
    url = await serve(engine)
    if streamed:
        response = await http.post(url + CHAT, json=ask())
        await response.content.readuntil(b"\n\n")
        response.close()
    else:
        task = asyncio.create_task(http.post(url + CHAT, json=ask(stream=False)))
        await until(lambda: engine.begun)
        task.cancel()
        await asyncio.wait({task})
    async with asyncio.timeout(5):
        await engine.closed.wait()
    told = await metrics(http, url)
    assert "pressbox_engine_cancelled_total 1.0" in told
    assert "pressbox_engine_in_flight 0.0" in told


async def until_waiting(http: aiohttp.ClientSession, url: str, count: int) -> None:
    async with asyncio.timeout(10):
        while True:
            async with http.get(url + "/health") as response:
                if (await response.json())["waiting"] == count:
                    return
            await asyncio.sleep(0.002)


@dataclass(slots=True)
class Occupied:
    """A server whose only slot is taken until ``gate`` opens."""

    url: str
    engine: ScriptedEngine
    gate: asyncio.Event
    tasks: list[asyncio.Task[Any]]


@pytest_asyncio.fixture
async def occupied(serve: Serve, http: aiohttp.ClientSession) -> Occupied:
    gate = asyncio.Event()
    engine = ScriptedEngine([gate, *HELLO])
    url = await serve(engine, limits=Limits(waiting=3))
    first = asyncio.create_task(post(http, url, ask("a")))
    await until(lambda: engine.begun)
    return Occupied(url, engine, gate, [first])


async def test_rooms_are_served_in_turn_and_who_leaves_frees_a_place(
    occupied: Occupied, http: aiohttp.ClientSession
) -> None:
    for number, room in enumerate(("a", "a", "b"), 1):
        occupied.tasks.append(asyncio.create_task(post(http, occupied.url, ask(room))))
        await until_waiting(http, occupied.url, number)
    status, body, headers = await post(http, occupied.url, ask("c"))
    assert (status, body["error"]["code"]) == (429, "queue_full")
    assert body["error"]["type"] == "rate_limit_error"
    assert int(headers["Retry-After"]) >= 1
    occupied.tasks.pop(1).cancel()
    await until_waiting(http, occupied.url, 2)
    occupied.tasks.append(asyncio.create_task(post(http, occupied.url, ask("a"))))
    await until_waiting(http, occupied.url, 3)
    occupied.gate.set()
    assert [status for status, _, _ in await asyncio.gather(*occupied.tasks)] == [200] * 4
    assert occupied.engine.begun == ["a", "a", "b", "a"]


async def test_a_deadline_in_the_queue(occupied: Occupied, http: aiohttp.ClientSession) -> None:
    late = ask("b", pressbox={"room": "b", "deadline_ms": 30})
    status, body, _ = await post(http, occupied.url, late)
    assert (status, body["error"]["code"]) == (503, "deadline_exceeded")
    occupied.gate.set()
    await asyncio.gather(*occupied.tasks)
    assert occupied.engine.begun == ["a"]
    occupied.engine.script = [0.05, *HELLO]
    status, got, _ = await post(http, occupied.url, ask(pressbox={"deadline_ms": 1}))
    assert (status, got[-1]) == (200, "[DONE]"), "what has begun goes on"
    assert "pressbox_engine_deadline_missed_total 1.0" in await metrics(http, occupied.url)


async def test_comments_keep_a_waiting_stream_open(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    gate = asyncio.Event()
    url = await serve(ScriptedEngine([gate, *HELLO]), limits=Limits(keep_alive=0.02))
    async with http.post(url + CHAT, json=ask()) as response:
        assert response.status == 200
        assert (await response.content.readuntil(b"\n\n")).startswith(b":")
        gate.set()
        assert (await events(response))[-1] == "[DONE]"


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RefusedError("no picture", "messages[0]"), 400, "invalid_value"),
        (EngineError("out of memory"), 500, "engine_error"),
        (BusyError("out of memory"), 503, "engine_busy"),
        (RuntimeError("/secret/path"), 500, "engine_error"),
    ],
)
async def test_an_engine_that_fails_at_once(
    serve: Serve,
    http: aiohttp.ClientSession,
    error: Exception,
    status: int,
    code: str,
    streamed: bool,
) -> None:
    url = await serve(ScriptedEngine([error]))
    got, body, headers = await post(http, url, ask(stream=streamed))
    assert (got, body["error"]["code"]) == (status, code)
    assert ("Retry-After" in headers) == (status == 503)
    assert "/secret/path" not in body["error"]["message"]


@pytest.mark.parametrize("end", [[EngineError("out of memory")], []])
async def test_an_engine_that_fails_midway(
    serve: Serve, http: aiohttp.ClientSession, end: list[Step]
) -> None:
    url = await serve(ScriptedEngine([TextDelta("Hello."), *end]))
    status, got, _ = await post(http, url, ask())
    assert (status, got[-1]["error"]["code"]) == (200, "engine_error")
    assert not end or got[-1]["error"]["message"] == "out of memory"
    assert "[DONE]" not in got
    assert 'outcome="engine_error"} 1.0' in await metrics(http, url)


async def test_a_lost_engine_answers_once_more_and_takes_nothing_new(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    url = await serve(ScriptedEngine([FatalEngineError("the GPU is gone")]))
    status, body, _ = await post(http, url, ask())
    assert (status, body["error"]["message"]) == (500, "the GPU is gone")
    status, _, _ = await post(http, url, ask())
    assert status == 503


async def test_health_models_and_starting(serve: Serve, http: aiohttp.ClientSession) -> None:
    url = await serve(ScriptedEngine(HELLO), ready=False)
    async with http.get(url + "/health") as response:
        assert response.status == 503
        assert (await response.json())["state"] == "starting"
    status, body, headers = await post(http, url, ask())
    assert (status, body["error"]["code"]) == (503, "engine_starting")
    assert "Retry-After" in headers
    async with http.get(url + "/v1/models") as response:
        assert [model["id"] for model in (await response.json())["data"]] == ["scripted"]
    ready = await serve(ScriptedEngine(HELLO))
    async with http.get(ready + "/health") as response:
        assert response.status == 200
        idle = {"running": 0, "waiting": 0, "shortage": ""}
        assert await response.json() == {"state": "ready", "engine": "scripted", **idle}


async def test_an_api_key(serve: Serve, http: aiohttp.ClientSession) -> None:
    url = await serve(ScriptedEngine(HELLO), api_key="s3cret-ü")
    for given in ("", "Bearer", "Bearer wrong", "Basic s3cret-ü"):
        async with http.get(url + "/v1/models", headers={"Authorization": given}) as response:
            assert response.status == 401
            body = await response.text()
            assert json.loads(body)["error"]["code"] == "invalid_api_key"
            assert "s3cret" not in body
    right = {"Authorization": "Bearer s3cret-ü"}
    async with http.get(url + "/v1/models", headers=right) as response:
        assert response.status == 200
    async with http.get(url + "/health") as response:
        assert response.status == 200


async def test_a_client_that_takes_no_data_is_dropped_and_is_no_fault(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    flood: list[Step] = [AudioDelta(bytes(1 << 20)) for _ in range(64)]
    engine = ScriptedEngine([*flood, Finished("stop", 1, 1)])
    url = await serve(engine, limits=Limits(write_timeout=0.05))
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    body = json.dumps(ask()).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    async with asyncio.timeout(10):
        await engine.closed.wait()
        with contextlib.suppress(ConnectionError):
            while await reader.read(1 << 16):  # until the server lets go
                pass
    writer.close()
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]
