"""The engine's own process: how it ends, and that it does."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from models.serve import ENGINE_LOST
from tests.minicpmo.conftest import VOCODER
from tests.minicpmo.customer import Customer, pcm_of, text_of
from tests.minicpmo.pictures import plain_picture
from tests.minicpmo.recordings import speechlike, write_wav
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
Process = asyncio.subprocess.Process
Start = Callable[..., Awaitable[tuple[Process, Customer]]]


@pytest_asyncio.fixture
async def start(tmp_path: Path) -> AsyncIterator[Start]:
    """Starts python with these words and a port; the process, and a customer when it is ready."""
    processes: list[Process] = []
    async with aiohttp.ClientSession() as http:

        async def started(*words: str) -> tuple[Process, Customer]:
            port = free_port()
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *words, str(port)),
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(VOCODER), "XDG_STATE_HOME": str(tmp_path)},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            processes.append(process)
            customer = Customer(f"http://127.0.0.1:{port}", http)
            async with asyncio.timeout(200):
                while process.returncode is None:
                    with suppress(aiohttp.ClientConnectionError):
                        async with http.get(customer.url + "/health") as response:
                            if response.status == 200:
                                break
                    await asyncio.sleep(0.05)
            return process, customer

        yield started
    for process in processes:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def end_of(process: Process) -> tuple[int | None, str]:
    """The exit status, and what it has said."""
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, output.decode()


@pytest.mark.usefixtures("tiny")
@pytest.mark.timeout(300)
async def test_it_ends_when_the_device_is_lost(start: Start, checkpoint_folder: Path) -> None:
    """So that it is started again; with the model that it is for."""
    words = ("models", "serve", "--engine", "minicpmo", "--device", "cpu")
    process, customer = await start(*words, "--model", str(checkpoint_folder), "--port")
    shown = [plain_picture((0, 0, 255)), plain_picture((255, 0, 0))]
    _, events = await customer.ask("Well?", pictures=shown)
    assert text_of(events).startswith("I see red and blue.")
    assert pcm_of(events)
    _, events = await customer.ask("SAY one two three four five six.\nFAULT cuda")
    assert "the device is lost" in events[-1]["error"]["message"]
    status, said = await end_of(process)
    assert status == ENGINE_LOST, said


async def test_it_ends_when_the_model_does_not_stop(start: Start, tmp_path: Path) -> None:
    voice = write_wav(tmp_path / "own.wav", speechlike(4))
    process, customer = await start("tests.minicpmo.scripted_server", str(voice), "stuck")
    assert await customer.text("blue") == "blue"
    _, events = await customer.ask("red")
    assert events[-1]["error"]["message"] == "the model did not stop within 0.1 s"
    assert (await end_of(process))[0] == ENGINE_LOST


async def test_a_start_that_fails_ends_in_one_line(start: Start, tmp_path: Path) -> None:
    voice = write_wav(tmp_path / "own.wav", speechlike(4))
    process, _ = await start("tests.minicpmo.scripted_server", str(voice), "start")
    status, said = await end_of(process)
    assert (status, said.splitlines()[-1]) == (1, "engine: the weights do not fit")
    assert "Traceback" not in said
