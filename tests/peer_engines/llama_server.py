"""llama.cpp's own server with the tiny model, for tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.peers.program import Program
from tests.support.ports import free_port

LINES = 'root ::= ([a-z]{2,6} " "){2,4} [a-z]{2,6} "."'
"""Makes short sentences of what random weights say, whoever asks."""
ENDLESS = "root ::= [a-z] root"
FREED = 5.0


class LlamaServer:
    """One that runs; made by `llama_server`."""

    def __init__(self, program: Program, port: int) -> None:
        self.program = program
        self.port = port
        self._root = f"http://127.0.0.1:{port}"
        self.url = f"{self._root}/v1"

    @property
    def refusals(self) -> int:
        """Requests that it has refused."""
        return self.program.log.count("send_error")

    async def busy(self) -> int:
        """How many of its slots work."""
        async with aiohttp.ClientSession() as session, session.get(f"{self._root}/slots") as answer:
            return sum(slot["is_processing"] for slot in await answer.json())

    async def idle(self) -> None:
        """Waits until none does. Raises TimeoutError."""
        async with asyncio.timeout(FREED):
            while await self.busy():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def llama_server(
    source: Path,
    weights: Path,
    folder: Path,
    *words: str,
    grammar: str = LINES,
    eyes: bool = True,
    port: int = 0,
) -> AsyncIterator[LlamaServer]:
    """One that answers; `words` are more of its command line, `eyes` gives it the mmproj."""
    port = port or free_port()
    sees = ("--mmproj", str(weights / "mmproj.gguf")) if eyes else ()
    command = (
        str(source / "llama-server"), "-m", str(weights / "model.gguf"), *sees, "--port", str(port),
        "--threads", "1", "--grammar", grammar, "--no-warmup", "--offline", *words,
    )  # fmt: skip
    with Program(command, folder / f"llama-{time.monotonic_ns()}.log") as program:
        await program.until_said("llama_server: listening")
        yield LlamaServer(program, port)
