"""A reader process, seen by its owner: started, listened to, given orders, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from config.child_process import bare_environment, how_it_ended
from ingress.reader.messages import (
    Failed,
    FailureKind,
    GarbageError,
    Message,
    Order,
    Request,
    encode,
    receive,
)
from ingress.reader.printed import Printed

COMMAND = (sys.executable, "-m", "ingress.reader")

GRACE = 0.5
"""Seconds that a reader has to end by itself after its pipe was closed."""

DYING = 5.0
"""Seconds that a killed process may take to be gone; one that hangs in the kernel takes longer."""

ORDERS_WAITING = 64 * 1024
"""Bytes of orders that a reader has not taken yet; further ones are dropped."""

HELD = 1024 * 1024
"""Bytes that it has said and nobody has taken; at twice as many it has to wait."""

TURN = 64
"""Messages after which others on the event loop get their turn."""

_ROOT = Path(__file__).resolve().parent.parent.parent


class ReaderProcess:
    """One attempt to read a source; made by `start`."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        transport: asyncio.Transport,
        pipe: _Pipe,
        errors: Printed,
    ) -> None:
        self._process = process
        self._errors = errors
        self._transport = transport
        self._pipe = pipe
        self._verdict: Failed | None = None
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, request: Request, *, command: Sequence[str] = COMMAND) -> ReaderProcess:
        """Starts a process and hands it the request. Raises OSError."""
        loop = asyncio.get_running_loop()
        pipe = _Pipe(asyncio.StreamReader(HELD, loop))
        ours, theirs = socket.socketpair()
        with theirs:
            transport, _ = await loop.create_unix_connection(lambda: pipe, sock=ours)
            errors = Printed(request)
            try:
                words = [*command, "--fd", str(theirs.fileno())]
                process = _spawn(words, theirs.fileno(), errors.writable)
            except OSError:
                transport.abort()
                await pipe.closed.wait()
                errors.close()
                raise
            finally:
                os.close(errors.writable)
        transport.writelines(encode(request))
        return cls(process, transport, pipe, errors)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def messages(self) -> AsyncGenerator[Message, None]:
        """What it says; the last one is always a Failed."""
        taken = 0
        while self._verdict is None:
            try:
                message = await receive(self._pipe.stream)
            except GarbageError as error:
                self.give_up("internal", f"the reader says {error}")
                break
            if message is None or self._verdict is not None:
                break
            yield message
            if isinstance(message, Failed):
                return
            taken += 1
            if taken % TURN == 0:
                await asyncio.sleep(0)
        if self._verdict is None:
            await self.aclose()
            ended = how_it_ended(self._process.poll())
            self._verdict = Failed("internal", f"the reader ended ({ended})")
        yield self._verdict

    def order(self, order: Order) -> None:
        """Tells it what is wanted; never waits, and what it does not take is dropped."""
        waiting = self._transport.get_write_buffer_size()
        if not self._transport.is_closing() and waiting < ORDERS_WAITING:
            self._transport.writelines(encode(order))

    def give_up(self, kind: FailureKind, text: str) -> None:
        """Kills it; `messages` ends with this failure, whatever is still in the pipe."""
        self._verdict = self._verdict or Failed(kind, text)
        self._kill()
        self._transport.abort()

    async def aclose(self) -> None:
        """Ends the process, after GRACE by force, and waits until it is gone. Idempotent.

        Whoever is cancelled meanwhile is told so when the process is gone.
        """
        if self._closing is None:
            self._closing = asyncio.create_task(self._end(), name="reader.close")
        try:
            await asyncio.shield(self._closing)
        except asyncio.CancelledError:
            self._kill()
            await asyncio.wait([self._closing])
            raise

    async def _end(self) -> None:
        self._transport.abort()
        if not await self._gone_within(GRACE):
            self._kill()
            await self._gone_within(DYING)
        await self._pipe.closed.wait()
        self._errors.close()

    async def _gone_within(self, seconds: float) -> bool:
        if self._process.poll() is not None:
            return True
        loop, gone = asyncio.get_running_loop(), asyncio.Event()
        handle = os.pidfd_open(self._process.pid)
        loop.add_reader(handle, gone.set)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gone.wait(), seconds)
        finally:
            loop.remove_reader(handle)
            os.close(handle)
        return self._process.poll() is not None

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


class _Pipe(asyncio.StreamReaderProtocol):
    """Hands out what came before the pipe broke, too; `closed` says when it is gone."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        super().__init__(stream)
        self.stream = stream
        self.closed = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(None)
        self.closed.set()


def _spawn(command: list[str], descriptor: int, printed: int) -> subprocess.Popen[bytes]:
    """A process with this descriptor and none of our secrets, which prints to the other one.

    It has a group of its own: Ctrl-C is meant for its owner.
    """
    return subprocess.Popen(
        command,
        cwd=_ROOT,
        env=bare_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=printed,
        pass_fds=(descriptor,),
        process_group=0,
    )
