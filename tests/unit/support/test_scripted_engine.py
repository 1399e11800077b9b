from __future__ import annotations

import base64
import json
import statistics
from typing import Any

import aiohttp
import numpy as np
import pytest

from tests.support.engine_script import RATE, TAIL, Answer, Fault, Lognormal, Repeat
from tests.support.onsets import BurstDetector
from tests.support.scripted_engine import ScriptedEngine, scripted_engine
from tests.support.tones import number_of_tone


async def ask(engine: ScriptedEngine, **extra: Any) -> tuple[int, bytes]:
    body = {
        "model": "scripted",
        "stream": True,
        "modalities": ["text", "audio"],
        "audio": {"voice": "", "format": "pcm16"},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What now?"}]},
        ],
        "pressbox": {"room": "r", "kind": "commentary"},
    } | extra
    timeout = aiohttp.ClientTimeout(total=1)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{engine.url}/chat/completions", json=body) as answer,
    ):
        return answer.status, await answer.read()


def events(data: bytes) -> list[dict[str, Any]]:
    lines = [line[6:] for line in data.decode().split("\n\n") if line]
    assert lines.pop() == "[DONE]"
    return [json.loads(line) for line in lines]


async def test_an_answer_says_its_number_in_text_and_tone() -> None:
    answer = Answer(ready=0.01, speech=0.5, speed=20)
    async with scripted_engine(Repeat(answer)) as engine:
        await ask(engine)
        _, data = await ask(engine, stream_options={"include_usage": True})
    *chunks, stop, usage = events(data)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    sound = b"".join(base64.b64decode(delta["audio"]["data"]) for delta in deltas)
    samples = np.frombuffer(sound, np.int16)
    detector = BurstDetector(RATE)
    (burst,) = detector.push(samples, 0) + detector.flush()
    assert "".join(delta.get("content", "") for delta in deltas) == "This is line 1. "
    assert len(samples) == round((0.5 + TAIL) * RATE)
    assert burst.end - burst.start == pytest.approx(0.5, abs=0.005)
    assert number_of_tone(burst.tone) == 1
    assert stop["choices"][0]["finish_reason"] == "stop"
    assert usage["usage"]["total_tokens"] == 2
    assert [(asked.kind, asked.text) for asked in engine.asked] == [("commentary", "What now?")] * 2


async def test_text_only_has_no_sound() -> None:
    async with scripted_engine(Repeat(Answer(ready=0, text="All quiet."))) as engine:
        _, data = await ask(engine, modalities=["text"])
    first, _ = events(data)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": "All quiet. "}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("garbage", b"{broken"), ("empty", b"[DONE]"), ("http_500", b"scripted failure")],
)
async def test_faults_that_end(fault: Fault, expected: bytes) -> None:
    async with scripted_engine(Repeat(Answer(ready=0, fault=fault))) as engine:
        status, data = await ask(engine)
    assert status == (500 if fault == "http_500" else 200)
    assert expected in data


async def test_an_early_close_breaks_the_stream() -> None:
    async with scripted_engine(Repeat(Answer(ready=0, fault="close"))) as engine:
        with pytest.raises(aiohttp.ClientPayloadError):
            await ask(engine)


async def test_a_client_that_leaves_is_noted() -> None:
    async with scripted_engine(Repeat(Answer(ready=0, speed=100, fault="hang"))) as engine:
        with pytest.raises(TimeoutError):
            await ask(engine)
    assert engine.asked[0].cancelled is not None
    assert engine.asked[0].first_sent is not None


def test_lognormal_has_the_mean_and_the_variation_it_is_asked_for() -> None:
    script = Lognormal(1.2, 0.4, seed=5, speech=2.5, spread=1, speed=5)
    answers = [script(number, "commentary") for number in range(4000)]
    ready = [answer.ready for answer in answers]
    assert statistics.mean(ready) == pytest.approx(1.2, rel=0.03)
    assert statistics.stdev(ready) / statistics.mean(ready) == pytest.approx(0.4, rel=0.06)
    assert script(7, "commentary") == answers[7]
    assert {1.5 <= answer.speech <= 3.5 for answer in answers} == {True}
