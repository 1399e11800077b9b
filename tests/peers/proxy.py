"""A TCP connection with faults: whatever goes through can be silenced, spoilt, slowed or cut."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Literal

from tests.support.ports import free_port

Mode = Literal[
    "pass",
    "silent",  # open, and nothing comes any more
    "garbage",  # random bytes instead of what the server said
    "drip",  # a few bytes at a time
    "hang_up",  # accepts and closes at once
    "refuse",  # nobody listens
]
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_DRIP_BYTES, _DRIP_SECONDS = 20, 0.2


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes everything on, to the end."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def closed(writer: asyncio.StreamWriter) -> None:
    """Closes at once, whatever is still to be sent."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def served(handle: Handler, port: int, *, limit: int = 65_536) -> AsyncIterator[None]:
    """Serves on 127.0.0.1; on leaving every connection is cut and its task ended."""
    tasks: set[asyncio.Task[None]] = set()

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task:
            tasks.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError, ExceptionGroup):
                await handle(reader, writer)
        except asyncio.CancelledError:
            if not ending:  # asyncio shouts about a cancelled handler
                raise
        finally:
            await closed(writer)
            if task:
                tasks.discard(task)

    ending = False
    server = await asyncio.start_server(one, "127.0.0.1", port, limit=limit)
    try:
        yield
    finally:
        ending = True
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Proxy:
    """Stands before a server on (host, port); made by `proxy`.

    connections: how many there were; open: how many there are. cut_after: seconds after which
    every connection is closed, 0 for never.
    """

    def __init__(self, upstream: tuple[str, int]) -> None:
        self.port = free_port()
        self.connections = 0
        self.open = 0
        self.cut_after = 0.0
        self._upstream = upstream
        self._mode: Mode = "pass"
        self._changed = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._stack = contextlib.AsyncExitStack()

    @property
    def mode(self) -> Mode:
        """What happens to what the server says."""
        return self._mode

    async def set(self, mode: Mode) -> None:
        """Changes what happens, in connections that are open too."""
        before, self._mode = self._mode, mode
        self._changed.set()
        self._changed = asyncio.Event()
        if mode == "refuse":
            await self._stack.aclose()
        elif before == "refuse":
            await self.listen()

    def cut(self) -> None:
        """Closes all connections, as a server that ends does."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def listen(self) -> None:
        """Begins to accept."""
        await self._stack.enter_async_context(served(self._handle, self.port))

    async def aclose(self) -> None:
        """Cuts everything."""
        await self._stack.aclose()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self._writers.add(writer)
        try:
            if self._mode != "hang_up":
                async with asyncio.timeout(self.cut_after or None):
                    await self._join(reader, writer)
        except TimeoutError:
            pass
        finally:
            self.open -= 1
            self._writers.discard(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._upstream)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pump(reader, back), name="proxy.in")
                tasks.create_task(self._answer(there, writer), name="proxy.out")
        finally:
            await closed(back)

    async def _answer(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await there.read(65_536):
            while self._mode == "silent":
                await self._changed.wait()
            if self._mode == "garbage":
                data = random.randbytes(len(data))
            if self._mode == "drip":
                for start in range(0, len(data), _DRIP_BYTES):
                    writer.write(data[start : start + _DRIP_BYTES])
                    await asyncio.sleep(_DRIP_SECONDS if self._mode == "drip" else 0)
            else:
                writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def proxy(upstream: tuple[str, int]) -> AsyncIterator[Proxy]:
    """A proxy on loopback that accepts."""
    made = Proxy(upstream)
    await made.listen()
    try:
        yield made
    finally:
        await made.aclose()


def nobody() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", free_port()))
        return int(probe.getsockname()[1])
