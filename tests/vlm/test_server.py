"""The whole way over HTTP, and what failures of the model look like to a client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import torch

from config.settings import Settings
from models.engine import BusyError, EngineError, FatalEngineError
from models.registry import ENGINES
from models.vlm.session import Session
from tests.engine.conftest import Serve
from tests.minicpmo.customer import Customer, pcm_of, text_of
from tests.vlm.asking import ask, deltas, said, window
from tests.vlm.conftest import Start


async def test_over_http_from_the_settings(
    serve: Serve, http: aiohttp.ClientSession, folder: Path
) -> None:
    settings = Settings.model_validate(
        {"engine": "vlm", "model_path": str(folder), "engine_device": "cpu"}
    )
    url = await serve(ENGINES["vlm"](settings))
    customer = Customer(url, http)
    (model,) = json.loads(await customer.get("/v1/models"))["data"]
    assert model["modalities"] == ["text"]
    asked: dict[str, Any] = {"pictures": window(1, 2), "max_tokens": 12, "temperature": 0}
    _, found = await customer.ask("And now?", **asked)
    assert text_of(found)
    assert pcm_of(found) == b""
    assert found[-2]["usage"]["completion_tokens"] == 12
    _, (whole,) = await customer.ask("And now?", stream=False, **asked)
    assert whole["choices"][0]["message"]["content"] == text_of(found)


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
        assert session.describer._features.cache.bytes == 0  # what can be given back is
    assert await said(engine, ask(1)) == before
