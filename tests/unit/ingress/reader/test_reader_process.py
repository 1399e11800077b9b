"""The reader as the process that it is, started as by its owner."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from ingress.reader.messages import Failed, Request, encode
from ingress.reader.process import ReaderProcess
from tests.support.ports import free_port

PATIENCE = 30.0


@asynccontextmanager
async def reading(url: str, *, loop: bool = True) -> AsyncIterator[ReaderProcess]:
    reader = await ReaderProcess.start(Request(url, loop=loop))
    try:
        async with asyncio.timeout(PATIENCE):
            yield reader
    finally:
        await reader.aclose()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_it_ends_at_once_when_it_is_told_to_and_not_at_ctrl_c(number: signal.Signals) -> None:
    async with reading("test:64x48@10") as reader, aclosing(reader.messages()) as messages:
        await anext(messages)
        os.kill(reader.pid, signal.SIGINT)
        for _ in range(5):
            assert not isinstance(await anext(messages), Failed)
        os.kill(reader.pid, number)
        *_, last = [message async for message in messages]
    assert last == Failed("internal", f"the reader ended ({number.name})")


async def test_it_ends_with_its_owner_even_where_nothing_comes() -> None:
    """A camera that accepts and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with reading(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/a") as reader:
            connection, _ = await asyncio.to_thread(silent.accept)
            with connection:
                assert await asyncio.to_thread(connection.recv, 7) == b"OPTIONS"
                await reader.aclose()
                (failed,) = [message async for message in reader.messages()]
    assert failed == Failed("internal", "the reader ended (status 0)")


def _shown(pid: int) -> bytes:
    """Command line and environment of a process; nothing of one that has just ended."""
    folder = Path(f"/proc/{pid}")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
    return b""


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://admin:{secret}@127.0.0.1:{port}/stream?token={secret}",
        "http://admin:{secret}@127.0.0.1:{port}/video.mjpg?token={secret}",
        "srt://127.0.0.1:{port}?passphrase={secret}&mode=caller&latency=bad",
    ],
)
async def test_no_secret_is_printed_or_said_or_on_its_command_line(
    address: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pressbox.ingress")
    secret, port = "s3cretw0rd", free_port()
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(PATIENCE)
        async with reading(address.format(secret=secret, port=port)) as reader:
            shown = _shown(reader.pid)
            if not address.startswith("srt"):
                connection, _ = await asyncio.to_thread(server.accept)
                with connection:
                    await asyncio.to_thread(connection.recv, 100)
                    shown += _shown(reader.pid)
                    connection.sendall(b"garbage that is neither\r\n\r\n" * 100)
            (failed,) = [message async for message in reader.messages()]
    assert b"ingress.reader" in shown
    assert secret not in f"{failed}{shown!r}{caplog.text}"
    assert isinstance(failed, Failed)
    assert failed.kind != "internal"
    assert "127.0.0.1" in failed.text


def test_it_is_gone_when_the_process_that_started_it_is_killed() -> None:
    """Also where the pipe stays open, since somebody else has inherited it."""
    ours, theirs = socket.socketpair()
    code = (
        "import subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'ingress.reader', '--fd', sys.argv[1]]\n"
        "child = subprocess.Popen(command, pass_fds=[int(sys.argv[1])])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        ours.sendall(b"".join(encode(Request("test:64x48@10"))))
        ours.settimeout(PATIENCE)
        assert ours.recv(1)
        watch = os.pidfd_open(child)
        parent.kill()
    with ours, theirs, os.fdopen(watch):
        assert select.select([watch], [], [], PATIENCE)[0]
