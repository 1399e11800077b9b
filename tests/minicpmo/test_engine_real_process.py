"""`python -m models serve --engine minicpmo` as a process of its own."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from models.serve import ENGINE_LOST
from tests.minicpmo.conftest import VOCODER
from tests.minicpmo.customer import Customer, pcm_of, text_of
from tests.minicpmo.pictures import plain_picture
from tests.support.ports import free_port

pytest.importorskip("torch")

ROOT = Path(__file__).parents[2]


@pytest.mark.usefixtures("tiny")
@pytest.mark.timeout(300)
async def test_the_real_process(checkpoint_folder: Path, tmp_path: Path) -> None:
    """`python -m models serve` answers, loses its device and ends, so that it is started again."""
    port = free_port()
    words = ["serve", "--engine", "minicpmo", "--device", "cpu", "--port", str(port)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "models", *words, "--model", str(checkpoint_folder)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(VOCODER), "XDG_STATE_HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with aiohttp.ClientSession() as http:
            customer = Customer(f"http://127.0.0.1:{port}", http)
            async with asyncio.timeout(200):
                while process.returncode is None:
                    with suppress(aiohttp.ClientConnectionError):
                        async with http.get(customer.url + "/health") as response:
                            if response.status == 200:
                                break
                    await asyncio.sleep(0.1)
            _, events = await customer.ask(
                "Well?", pictures=[plain_picture((0, 0, 255)), plain_picture((255, 0, 0))]
            )
            assert text_of(events).startswith("I see red and blue.")
            assert pcm_of(events)
            _, events = await customer.ask("SAY one two three four five six.\nFAULT cuda")
            assert "the device is lost" in events[-1]["error"]["message"]
        output, _ = await asyncio.wait_for(process.communicate(), 30)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    assert process.returncode == ENGINE_LOST, output.decode()
