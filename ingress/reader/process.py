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
from ingress.reader.inbox import Inbox
from ingress.reader.messages import (
    Failed,
    FailureKind,
    GarbageError,
    Message,
    Order,
    Request,
    encode,
)
from ingress.reader.printed import Printed

COMMAND = (sys.executable, "-m", "ingress.reader")

GRACE = 0.5
"""Seconds that a reader has to end by itself after its pipe was closed."""

DYING = 5.0
"""Seconds that a killed process may take to be gone; one that hangs in the kernel takes longer."""

ORDERS_WAITING = 64 * 1024
"""Bytes of orders that a reader has not taken yet; further ones are dropped."""

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
        ours, theirs = socket.socketpair()
        process, errors = None, Printed(request)
        try:
            with theirs, errors.writable() as printed:
                words = [*command, "--fd", str(theirs.fileno())]
                process = _spawn(words, theirs.fileno(), printed)
            loop = asyncio.get_running_loop()
            transport, pipe = await loop.create_unix_connection(_Pipe, sock=ours)
        except BaseException:
            ours.close()
            errors.close()
            if process:
                process.kill()
                process.wait(DYING)
            raise
        reader = cls(process, transport, pipe, errors)
        transport.writelines(encode(request))
        return reader

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def held(self) -> int:
        """Bytes that it has said and nobody has taken yet."""
        return self._pipe.held

    async def messages(self) -> AsyncGenerator[Message, None]:
        """What it says; the last one is always a Failed."""
        taken = 0
        while self._verdict is None:
            try:
                message = self._pipe.next()
            except GarbageError as error:
                self.give_up("internal", f"the reader says {error}")
                break
            if message is None:
                if self._pipe.over:
                    break
                await self._pipe.more()
                continue
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
        self._pipe.wake()

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
        gone = asyncio.Event()
        handle = os.pidfd_open(self._process.pid)
        loop = asyncio.get_running_loop()
        loop.add_reader(handle, gone.set)
        try:
            async with asyncio.timeout(seconds):
                await gone.wait()
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(handle)
            os.close(handle)
        return self._process.poll() is not None

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()


class _Pipe(asyncio.BufferedProtocol):
    """Keeps what comes until it is asked for, and stops reading when that is too much."""

    def __init__(self) -> None:
        self._inbox = Inbox()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._paused = False
        self.over = False
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._inbox.free()

    def buffer_updated(self, nbytes: int) -> None:
        self._inbox.filled(nbytes)
        if self._inbox.full and self._transport:
            self._transport.pause_reading()
            self._paused = True
        self.wake()

    def eof_received(self) -> None:
        self.over = True
        self.wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.over = True
        self.wake()
        self.closed.set()

    @property
    def held(self) -> int:
        """Bytes that nobody has taken yet."""
        return len(self._inbox)

    def next(self) -> Message | None:
        """The next whole message, if there is one. Raises GarbageError."""
        message = self._inbox.next()
        if self._paused and not self._inbox.full and self._transport:
            self._paused = False
            self._transport.resume_reading()
        return message

    async def more(self) -> None:
        """Waits for news; one waiter at a time."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def wake(self) -> None:
        """Ends `more`."""
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


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
