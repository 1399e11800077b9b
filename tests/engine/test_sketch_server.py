"""The whole engine as a process of its own, driven by OpenAI's own client."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import signal
import socket
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import openai
import pytest
import pytest_asyncio

from tests.engine.scenes import Mover, film, textured, window
from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
RED_BALL = film(textured(1), Mover("red", 60, 200, vx=130))


async def start(port: int, *options: str) -> asyncio.subprocess.Process:
    """`python -m models serve`, its log on a pipe."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "models", "serve", "--port", str(port), *options),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


async def log_until(process: asyncio.subprocess.Process, words: str) -> str:
    """The log to the line with ``words``."""
    if process.stdout is None:
        raise ValueError("no pipe")
    text = ""
    async with asyncio.timeout(60):
        while words not in text:
            line = await process.stdout.readline()
            if not line:
                pytest.fail(f"the server ended: {text}")
            text += line.decode()
    return text


async def stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    async with asyncio.timeout(30):
        await process.communicate()


@pytest_asyncio.fixture
async def engine() -> AsyncIterator[str]:
    """The address of a running sketch engine."""
    port = free_port()
    process = await start(port)
    try:
        await log_until(process, "ready")
        yield f"http://127.0.0.1:{port}"
    finally:
        await stop(process)


@pytest_asyncio.fixture
async def client(engine: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{engine}/v1", api_key="none") as made:
        yield made


def request(end: float, text: str = "Say what happens.", **extra: object) -> dict[str, Any]:
    """Arguments of chat.completions.create."""
    parts: list[dict[str, Any]] = []
    pictures = window(RED_BALL, end)
    for picture in pictures:
        url = "data:image/jpeg;base64," + base64.b64encode(picture.data).decode()
        parts.append({"type": "image_url", "image_url": {"url": url}})
    parts.append({"type": "text", "text": text})
    own = {"room": "lobby", "frame_times": [picture.time for picture in pictures], **extra}
    return {
        "model": "sketch",
        "messages": [
            {"role": "system", "content": "You are a commentator."},
            {"role": "assistant", "content": "The picture is mostly grey."},
            {"role": "user", "content": parts},
        ],
        "modalities": ["text", "audio"],
        "audio": {"voice": "alloy", "format": "pcm16"},
        "extra_body": {"pressbox": own},
    }


async def test_the_openai_client_streams_text_and_speech(client: openai.AsyncOpenAI) -> None:
    assert [model.id async for model in client.models.list()] == ["sketch"]
    arguments = request(3.0, kind="commentary")
    stream = await client.chat.completions.create(
        **arguments, stream=True, stream_options={"include_usage": True}
    )
    text, sound, order, finish, usage = "", b"", "", "", None
    async for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            if choice.delta.content:
                text += choice.delta.content
                order += "t"
            if choice.delta.audio is not None:
                sound += base64.b64decode(choice.delta.audio.data or "")
                order += "a"
    assert "red" in text
    assert "right" in text or "from the left" in text
    assert finish == "stop"
    assert order.startswith("ta")
    assert order.count("a") > 5
    samples = np.frombuffer(sound, "<i2").astype(float)
    assert 1.0 < len(samples) / 24_000 < 8.0
    assert samples.std() > 800
    assert usage is not None
    assert usage.completion_tokens > 3


async def test_the_openai_client_gets_a_whole_answer(client: openai.AsyncOpenAI) -> None:
    arguments = request(3.0, "Which way does the red ball go?", kind="answer")
    arguments["audio"] = {"voice": "default", "format": "wav"}
    answer = await client.chat.completions.create(**arguments)
    message = answer.choices[0].message
    assert message.content is not None
    assert "to the right" in message.content
    assert message.audio is not None
    assert message.audio.transcript == message.content
    with wave.open(io.BytesIO(base64.b64decode(message.audio.data))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (24_000, 1, 2)
        assert file.getnframes() > 24_000


async def test_an_address_that_cannot_be_had_is_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        process = await start(port)
        async with asyncio.timeout(60):
            log, _ = await process.communicate()
    assert process.returncode == 1
    assert log.decode() == f"engine: cannot listen on 127.0.0.1:{port}: address already in use\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_it_cleanly_in_the_midst_of_an_answer(number: int) -> None:
    port = free_port()
    process = await start(port, "--ready-time", "600")
    try:
        await log_until(process, "ready at")
        base = f"http://127.0.0.1:{port}"
        async with openai.AsyncOpenAI(base_url=f"{base}/v1", api_key="none", max_retries=0) as own:
            asking = asyncio.create_task(own.chat.completions.create(**request(3.0)))
            await until_running(base)
            process.send_signal(number)
            await asyncio.wait({asking}, timeout=30)
            assert isinstance(asking.exception(), openai.APIError)
        async with asyncio.timeout(30):
            rest, _ = await process.communicate()
        assert process.returncode == 0
        assert b"Traceback" not in rest
        assert b"stopping" in rest
    finally:
        await stop(process)


async def until_running(base: str) -> None:
    async with aiohttp.ClientSession() as http, asyncio.timeout(30):
        while True:
            async with http.get(f"{base}/health") as response:
                if (await response.json())["running"]:
                    return
            await asyncio.sleep(0.01)
