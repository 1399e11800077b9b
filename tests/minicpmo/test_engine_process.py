"""The engine's own process ends when it is of no more use, so that it is started again."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from models.serve import ENGINE_LOST
from tests.minicpmo.customer import Customer, text_of
from tests.minicpmo.pictures import plain_picture
from tests.minicpmo.vocoder import FOLDER
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]


async def started(folder: Path, state: Path, port: int, *words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "models", "serve", "--engine", "minicpmo", "--device", "cpu"),
        *("--model", str(folder), "--port", str(port), *words),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": FOLDER, "XDG_STATE_HOME": str(state)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )


async def ready(process: asyncio.subprocess.Process, url: str, http: aiohttp.ClientSession) -> None:
    while process.returncode is None:
        with suppress(aiohttp.ClientConnectionError):
            async with http.get(url + "/health") as response:
                if response.status == 200:
                    return
        await asyncio.sleep(0.05)


@pytest.mark.usefixtures("tiny")
@pytest.mark.timeout(300)
async def test_it_ends_when_the_device_is_lost(checkpoint_folder: Path, tmp_path: Path) -> None:
    port = free_port()
    process = await started(checkpoint_folder, tmp_path, port)
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(200):
            customer = Customer(f"http://127.0.0.1:{port}", http)
            await ready(process, customer.url, http)
            _, events = await customer.ask("Well?", pictures=[plain_picture((0, 0, 255))])
            assert text_of(events).startswith("I see red.")
            _, events = await customer.ask("SAY one two three four five six.\nFAULT cuda")
            assert "the device is lost" in events[-1]["error"]["message"]
            said, _ = await process.communicate()
        assert process.returncode == ENGINE_LOST, said.decode()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
