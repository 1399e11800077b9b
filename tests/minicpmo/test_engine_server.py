"""Server, engine and a scripted backend, over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import aiohttp
import numpy as np
import pytest
import pytest_asyncio

from models.minicpmo.backend import BackendError, DeviceLost, End, OutOfMemory, Text
from models.minicpmo.engine import MiniCPMoEngine
from models.minicpmo.voices import Voices
from tests.engine import conftest as servers
from tests.minicpmo.customer import CHAT, Customer, body, deltas, notices, pcm_of, text_of
from tests.minicpmo.recordings import speechlike, write_wav
from tests.minicpmo.scripted_backend import ScriptedBackend, Step, echo, tone

HELLO: list[Step] = [Text("Hello"), End("stop", 1, 1)]

serve, http = servers.serve, servers.http


@pytest.fixture
def backend() -> ScriptedBackend:
    return ScriptedBackend(HELLO)


@pytest_asyncio.fixture
async def customer(
    backend: ScriptedBackend, serve: servers.Serve, http: aiohttp.ClientSession, tmp_path: Path
) -> AsyncIterator[Customer]:
    """Of a server whose backend echoes."""
    voices = Voices(tmp_path, write_wav(tmp_path / "own.wav", speechlike(4)))
    write_wav(tmp_path / "anna.wav", speechlike(5, seed=3))
    url = await serve(MiniCPMoEngine(lambda: backend, voices))
    backend.script = echo
    for record in (backend.calls, backend.prompts):
        record.clear()
    yield Customer(url, http)


async def test_a_streamed_answer_with_speech(customer: Customer) -> None:
    status, events = await customer.ask("red blue")
    assert status == 200
    assert text_of(events) == "red blue"
    assert len(deltas(events)) >= 3
    samples = np.frombuffer(pcm_of(events), "<i2")
    assert len(samples) == 2400
    assert abs(samples).max() > 16_000
    usage = events[-2]["usage"]
    assert usage["completion_tokens"] == 2


async def test_the_model_is_listed_with_speech(customer: Customer) -> None:
    (model,) = json.loads(await customer.get("/v1/models"))["data"]
    assert (model["id"], model["modalities"]) == ("minicpmo", ["text", "audio"])


async def test_one_piece(customer: Customer) -> None:
    audio = {"voice": "anna", "format": "wav"}
    status, (answer,) = await customer.ask("red", stream=False, stream_options=None, audio=audio)
    assert status == 200
    message = answer["choices"][0]["message"]
    assert message["content"] == "red"
    assert base64.b64decode(message["audio"]["data"]).startswith(b"RIFF")


async def test_an_unknown_voice(customer: Customer) -> None:
    audio = {"voice": "nobody", "format": "pcm16"}
    status, (answer,) = await customer.ask("red", audio=audio)
    assert (status, answer["error"]["param"]) == (400, "audio.voice")
    assert "'anna'" in answer["error"]["message"]


async def test_a_voice_that_does_not_serve(customer: Customer, tmp_path: Path) -> None:
    write_wav(tmp_path / "short.wav", speechlike(1))
    status, (answer,) = await customer.ask("red", audio={"voice": "short", "format": "pcm16"})
    assert (status, answer["error"]["param"]) == (400, "audio.voice")
    assert "1.0 s long" in answer["error"]["message"]
    assert await customer.text("blue") == "blue"


async def test_a_closed_connection_stops_the_model_at_the_next_token(
    customer: Customer, backend: ScriptedBackend
) -> None:
    gate = threading.Event()
    made: list[int] = []

    def endless(_: str) -> Iterable[Step]:
        while True:
            made.append(len(made))
            yield Text(" a")
            yield gate

    backend.script = endless
    response = await customer.http.post(customer.url + CHAT, json=body("red", "amber"))
    await response.content.readuntil(b"\n\n")
    response.close()
    backend.script = echo
    assert await customer.text("blue", "birch") == "blue"
    assert made == [0]
    assert backend.calls[:4] == ["set_voice", "prefill", "generate", "reset"]
    metrics = await customer.get("/metrics")
    assert "pressbox_engine_cancelled_total 1.0" in metrics
    assert 'outcome="ok"} 1.0' in metrics


async def test_rooms_take_turns_and_deadlines_are_kept(
    customer: Customer, backend: ScriptedBackend
) -> None:
    gate = threading.Event()
    backend.script = lambda memory: [gate, *echo(memory)]
    tasks = []
    for number, room in enumerate(["greedy", "greedy", "greedy", "modest"]):
        tasks.append(asyncio.create_task(customer.text(f"{room}{number}", room)))
        await customer.until_waiting(number)
    late = {"room": "late", "deadline_ms": 20}
    status, (answer,) = await customer.ask("late", pressbox=late)
    assert (status, answer["error"]["code"]) == (503, "deadline_exceeded")
    gate.set()
    assert await asyncio.gather(*tasks) == ["greedy0", "greedy1", "greedy2", "modest3"]
    asked = [str(prompt.user[-1]).strip() for prompt in backend.prompts]
    assert asked == ["greedy0", "greedy1", "modest3", "greedy2"]


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (OutOfMemory("no memory"), 503, "engine_busy"),
        (BackendError("tensors differ"), 500, "engine_error"),
        (KeyError("/secret/path"), 500, "engine_error"),
    ],
)
async def test_a_fault_is_followed_by_a_good_answer(
    customer: Customer, backend: ScriptedBackend, fault: Exception, status: int, code: str
) -> None:
    for method in ("prefill", "generate"):
        backend.faults[method] = [fault]
        got, (answer,) = await customer.ask("red")
        assert (got, answer["error"]["code"]) == (status, code)
        assert "/secret" not in answer["error"]["message"]
        assert await customer.text("blue") == "blue"


async def test_a_fault_within_an_answer(customer: Customer, backend: ScriptedBackend) -> None:
    backend.script = lambda _: [Text("A"), tone(), OutOfMemory("no memory"), *HELLO]
    status, events = await customer.ask("red")
    assert status == 200
    assert events[-1]["error"]["code"] == "engine_error"
    backend.script = echo
    assert await customer.text("blue") == "blue"


async def test_a_notice_reaches_the_client(customer: Customer, backend: ScriptedBackend) -> None:
    backend.faults["set_voice"] = [BackendError("no vocoder")]
    _, events = await customer.ask("red")
    assert notices(events) == ["speech failed: no vocoder; the text goes on"]


async def test_a_lost_device_is_an_error_for_all(
    customer: Customer, backend: ScriptedBackend
) -> None:
    backend.faults["generate"] = [DeviceLost("illegal memory access")]
    status, (answer,) = await customer.ask("red")
    assert (status, answer["error"]["code"]) == (500, "engine_error")
    assert "the device is lost" in answer["error"]["message"]
