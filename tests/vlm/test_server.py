"""The whole way over HTTP, and what failures of the model look like to a client."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import torch

from config.settings import Settings
from models.engine import BusyError, EngineError, FatalEngineError
from models.registry import ENGINES
from models.vlm.engine import VlmEngine
from models.vlm.session import Session
from tests.engine.conftest import Serve
from tests.vlm.asking import ask, deltas, picture, said
from tests.vlm.conftest import Start

CHAT = "/v1/chat/completions"


def body(*seeds: int, **changes: object) -> dict[str, Any]:
    urls = [base64.b64encode(picture(seed).data).decode() for seed in seeds]
    parts: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{url}"}} for url in urls
    ]
    return {
        "messages": [
            {"role": "system", "content": "You are a reporter."},
            {"role": "assistant", "content": "A ball."},
            {"role": "user", "content": [*parts, {"type": "text", "text": "And now?"}]},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 12,
        "temperature": 0,
        **changes,
    }


async def events(http: aiohttp.ClientSession, url: str, request: object) -> list[Any]:
    async with http.post(url + CHAT, json=request) as response:
        raw = (await response.read()).decode()
        assert response.status == 200, raw
    lines = [line.removeprefix("data: ") for line in raw.split("\n\n") if line.startswith("data")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


async def test_over_http_from_the_settings(
    serve: Serve, http: aiohttp.ClientSession, folder: Path
) -> None:
    settings = Settings.model_validate(
        {"engine": "vlm", "model_path": str(folder), "engine_device": "cpu"}
    )
    url = await serve(ENGINES["vlm"](settings))
    async with http.get(url + "/v1/models") as response:
        (model,) = (await response.json())["data"]
    assert model["modalities"] == ["text"]
    found = await events(http, url, body(1, 2, modalities=["text", "audio"], audio={"voice": "x"}))
    text = "".join(
        choice["delta"].get("content") or "" for event in found for choice in event["choices"]
    )
    async with http.post(url + CHAT, json=body(1, 2, stream=False)) as response:
        whole = await response.json()
    assert text == whole["choices"][0]["message"]["content"]
    assert text
    assert found[-1]["usage"]["completion_tokens"] == 12
    assert not any("audio" in json.dumps(event) for event in found)


async def test_deadline_of_a_waiting_request_is_kept(
    serve: Serve, http: aiohttp.ClientSession, folders: dict[str, Path]
) -> None:
    session = Session(folders["smolvlm"], "cpu")
    url = await serve(VlmEngine(session))
    busy, go, runs = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    def hold(*_: object) -> None:
        runs.append(1)
        loop.call_soon_threadsafe(busy.set)
        assert go.wait(20)

    session.describer._model.lm_head.register_forward_pre_hook(hold)
    first = asyncio.create_task(events(http, url, body(1, max_tokens=1)))
    await asyncio.wait_for(busy.wait(), 20)
    late = body(2, pressbox={"deadline_ms": 50})
    async with http.post(url + CHAT, json=late) as response:
        error = (await response.json())["error"]
    assert error["code"] == "deadline_exceeded"
    go.set()
    assert (await first)[-1]["usage"]["completion_tokens"] == 1
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("failure", "kind", "said_of_it"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), BusyError, "memory"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory"),
            BusyError,
            "memory",
        ),
        (ValueError("odd\nand more"), EngineError, "the model failed: ValueError: odd"),
        (RuntimeError("CUDA error: an illegal memory access"), FatalEngineError, "illegal"),
    ],
)
async def test_a_failure_fails_one_request_or_the_engine(
    start: Start,
    folders: dict[str, Path],
    failure: Exception,
    kind: type[EngineError],
    said_of_it: str,
) -> None:
    session = Session(folders["smolvlm"], "cpu")
    engine = await start(session)
    before = await said(engine, ask(1))

    def fail(*_: object) -> None:
        hook.remove()
        raise failure

    hook = session.describer._model.lm_head.register_forward_pre_hook(fail)
    with pytest.raises(EngineError, match=said_of_it) as caught:
        await deltas(engine, ask(1))
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    if kind is FatalEngineError:
        with pytest.raises(FatalEngineError, match="illegal memory access"):
            await deltas(engine, ask(1))
        return
    if kind is BusyError:
        assert session.describer._features.kept_bytes == 0  # what can be given back is
    assert await said(engine, ask(1)) == before
