"""The engine's own process: how it ends, and that it does."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from models.serve import ENGINE_LOST
from tests.minicpmo.recordings import speechlike, write_wav
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
Start = Callable[[str], Awaitable[tuple[asyncio.subprocess.Process, str]]]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts a server that has a fault; the process and its address."""
    processes: list[asyncio.subprocess.Process] = []
    voice = write_wav(tmp_path / "own.wav", speechlike(4))

    async def started(fault: str) -> tuple[asyncio.subprocess.Process, str]:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.minicpmo.scripted_server", str(port), str(voice), fault),
            cwd=ROOT,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        processes.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield started
    for process in processes:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until_ready(http: aiohttp.ClientSession, url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            with suppress(aiohttp.ClientConnectionError):
                async with http.get(url + "/health") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.05)


async def ask(http: aiohttp.ClientSession, url: str, text: str) -> str:
    body = {"messages": [{"role": "user", "content": text}], "stream": True}
    async with http.post(url + "/v1/chat/completions", json=body) as response:
        return (await response.read()).decode()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("lost", "the device is lost: illegal memory access"),
        ("stuck", "the model did not stop within 0.1 s"),
    ],
)
async def test_it_ends_when_the_model_is_lost(start: Start, fault: str, said: str) -> None:
    process, url = await start(fault)
    async with aiohttp.ClientSession() as http:
        await until_ready(http, url)
        assert "[DONE]" in await ask(http, url, "blue")
        *_, last = (await ask(http, url, "red")).strip().split("\n\n")
    assert json.loads(last.removeprefix("data: "))["error"]["message"] == said
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == ENGINE_LOST
    assert said in output.decode()


async def test_a_start_that_fails_ends_in_one_line(start: Start) -> None:
    process, _ = await start("start")
    output, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    assert output.decode().splitlines()[-1] == "engine: the weights do not fit"
    assert "Traceback" not in output.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_on_a_signal_in_the_midst_of_an_answer(
    start: Start, number: signal.Signals
) -> None:
    process, url = await start("waiting")
    body = {"messages": [{"role": "user", "content": "red"}], "stream": True}
    async with aiohttp.ClientSession() as http:
        await until_ready(http, url)
        async with http.post(url + "/v1/chat/completions", json=body) as response:
            await response.content.readuntil(b"\n\n")
            process.send_signal(number)
            with suppress(aiohttp.ClientError):
                await response.read()
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    assert "Traceback" not in output.decode()
