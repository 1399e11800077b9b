"""Engines that only write, that hear, that have something to tell, and that break."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import sys
import wave
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from models.engine import (
    HEARING_RATE,
    Finished,
    Notice,
    TextDelta,
)
from models.serve import ENGINE_LOST
from tests.engine.conftest import Serve
from tests.engine.scripted import ScriptedEngine, Step
from tests.engine.test_server import CHAT, HELLO, ask, events
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


def wav(seconds: float, rate: int = 44_100, channels: int = 2) -> str:
    """A 440 Hz tone as base64 of a WAV file."""
    tone = np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate) * 12_000
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(tone.astype(np.int16), channels).tobytes())
    return base64.b64encode(out.getvalue()).decode()


def spoken(*sounds: str) -> dict[str, Any]:
    parts = [
        {"type": "input_audio", "input_audio": {"data": sound, "format": "wav"}} for sound in sounds
    ]
    return ask(messages=[{"role": "user", "content": parts}])


async def test_a_text_only_engine_is_asked_for_text(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    engine = ScriptedEngine([TextDelta("Hello."), Finished("stop", 5, 2)], speaks=False)
    url = await serve(engine)
    async with http.post(url + CHAT, json=ask(audio={"voice": "any", "format": "pcm16"})) as answer:
        assert answer.status == 200
    assert [request.audio for request in engine.requests] == [False]
    async with http.get(f"{url}/v1/models") as answer:
        (model,) = (await answer.json())["data"]
    assert (model["modalities"], model["input_modalities"]) == (["text"], ["text", "image"])


async def test_a_spoken_question_is_decoded(serve: Serve, http: aiohttp.ClientSession) -> None:
    engine = ScriptedEngine(HELLO, hears=True)
    url = await serve(engine)
    async with http.post(url + CHAT, json=spoken(wav(0.5))) as answer:
        assert answer.status == 200, await answer.text()
    (request,) = engine.requests
    heard = np.frombuffer(request.sound, np.int16).astype(float)
    assert abs(len(heard) / HEARING_RATE - 0.5) < 0.02
    spectrum = np.abs(np.fft.rfft(heard))
    assert abs(np.argmax(spectrum) * HEARING_RATE / len(heard) - 440) < 5
    assert request.kind == "answer"


@pytest.mark.parametrize(
    ("sounds", "status", "code", "param"),
    [
        (["%"], 400, "invalid_base64", "messages[0].content[0].input_audio.data"),
        (["AAAA"], 400, "invalid_audio", "messages[0].content[0].input_audio.data"),
        ([wav(0.0)], 400, "invalid_audio", "messages[0].content[0].input_audio.data"),
        ([wav(61, 4000, 1)], 413, "audio_too_large", "messages[0].content[0].input_audio.data"),
        ([wav(0.1)], 400, "unsupported_audio", "messages[0].content[0].input_audio"),
        ([wav(0.1)] * 2, 400, "too_many_sounds", "messages[0].content[1].input_audio"),
    ],
)
async def test_what_is_no_question(
    serve: Serve,
    http: aiohttp.ClientSession,
    sounds: list[str],
    status: int,
    code: str,
    param: str,
) -> None:
    url = await serve(ScriptedEngine(HELLO, hears=code != "unsupported_audio"))
    async with http.post(url + CHAT, json=spoken(*sounds)) as answer:
        error = (await answer.json())["error"]
    assert (answer.status, error["code"], error["param"]) == (status, code, param)


async def test_a_notice_travels_beside_the_answer(
    serve: Serve, http: aiohttp.ClientSession
) -> None:
    script: list[Step] = [TextDelta("Hello."), Notice("speech failed"), Finished("stop", 5, 2)]
    url = await serve(ScriptedEngine(script))
    async with http.post(url + CHAT, json=ask()) as answer:
        _, notice, *_ = await events(answer)
    assert (notice["choices"], notice["pressbox"]) == ([], {"notice": "speech failed"})
    async with http.post(url + CHAT, json=ask(stream=False)) as answer:
        body = await answer.json()
    assert body["pressbox"] == {"notice": "speech failed"}
    assert body["choices"][0]["message"]["content"] == "Hello."


PROGRAM = """
import asyncio, sys
from models.engine import FatalEngineError
from models.serve import serve
from models.server import EngineServer
from tests.engine.scripted import ScriptedEngine, Step
server = EngineServer(ScriptedEngine([FatalEngineError("the GPU is gone")]))
sys.exit(asyncio.run(serve(server, "127.0.0.1", int(sys.argv[1]))))
"""


async def test_the_process_of_a_broken_engine_ends_with_its_status(
    http: aiohttp.ClientSession,
) -> None:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(port)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with asyncio.timeout(60):
            while True:
                try:
                    async with http.post(url + CHAT, json=ask()) as answer:
                        if answer.status == 500:
                            break
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(0.1)
            assert await process.wait() == ENGINE_LOST
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["serve", "--engine", "nothing"], "ENGINE=nothing is not allowed: one of"),
        (["serve", "--device", "cuda:0,cuda:1"], "one process serves one device"),
    ],
)
async def test_wrong_words_are_told_in_one_line(words: list[str], said: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "models", *words),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert said in told.decode()
    assert told.count(b"\n") == 1
