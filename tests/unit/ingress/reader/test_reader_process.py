"""The reader as the process that it is."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingress.reader.messages import Failed, Message, Opened, Request, Unit, encode, read
from tests.support.clips import film
from tests.support.ports import free_port

PATIENCE = 30.0


class Process:
    """A reader that was started like the real one."""

    def __init__(self) -> None:
        self.ours, theirs = socket.socketpair()
        self.ours.settimeout(PATIENCE)
        self.pipe = self.ours.makefile("rb")
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ingress.reader", "--fd", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )

    def ask(self, request: Request) -> None:
        self.ours.sendall(b"".join(encode(request)))

    def hear(self) -> Message | None:
        return read(self.pipe)

    def end(self) -> str:
        """Waits for its end; what it has printed."""
        printed, _ = self.process.communicate(timeout=PATIENCE)
        return printed.decode()


@pytest.fixture
def reader() -> Iterator[Process]:
    made = Process()
    yield made
    made.pipe.close()
    made.ours.close()
    if made.process.poll() is None:
        made.process.kill()
    made.process.communicate(timeout=PATIENCE)


def test_it_reads_says_why_it_is_over_and_ends(reader: Process, tmp_path: Path) -> None:
    reader.ask(Request(str(film(tmp_path / "a.mp4")), loop=False))
    said = []
    while message := reader.hear():
        said.append(message)
    assert isinstance(said[0], Opened)
    assert sum(isinstance(one, Unit) for one in said) == 15
    assert said[-1] == Failed("ended", "it is over")
    assert reader.end() == ""
    assert reader.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_at_once_when_it_is_told_to(reader: Process, number: signal.Signals) -> None:
    reader.ask(Request("test:64x48@10"))
    assert reader.hear()
    reader.process.send_signal(number)
    assert reader.end() == ""
    assert reader.process.returncode == -number


def test_it_ends_with_its_owner_even_where_nothing_comes(reader: Process) -> None:
    """A camera that accepts and then says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reader.ask(Request(f"rtsp://127.0.0.1:{silent.getsockname()[1]}/a"))
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(7) == b"OPTIONS"
            reader.ours.shutdown(socket.SHUT_RDWR)
            assert reader.end() == ""


def test_ctrl_c_is_left_to_its_owner(reader: Process) -> None:
    reader.ask(Request("test:64x48@10"))
    assert reader.hear()
    reader.process.send_signal(signal.SIGINT)
    for _ in range(5):
        assert reader.hear()


def _shown(pid: int) -> bytes:
    """Command line and environment of a process; nothing of one that has just ended."""
    try:
        folder = Path(f"/proc/{pid}")
        return (folder / "cmdline").read_bytes() + (folder / "environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


@pytest.mark.parametrize(
    ("address", "listens"),
    [
        ("rtsp://admin:{secret}@127.0.0.1:{port}/stream?token={secret}", False),
        ("rtsps://admin:{secret}@127.0.0.1:{port}/stream", True),
        ("rtmp://127.0.0.1:{port}/live/{secret}?password={secret}", True),
        ("http://admin:{secret}@127.0.0.1:{port}/video.mjpg?token={secret}", True),
        ("srt://127.0.0.1:{port}?passphrase={secret}&mode=listener&latency=bad", False),
    ],
)
def test_no_secret_is_printed_or_said_or_on_its_command_line(
    reader: Process, address: str, listens: bool
) -> None:
    secret = "s3cretw0rd"
    with contextlib.ExitStack() as held:
        port = free_port()
        if listens:
            server = held.enter_context(socket.create_server(("127.0.0.1", 0)))
            port = server.getsockname()[1]
        shown = _shown(reader.process.pid)
        reader.ask(Request(address.format(secret=secret, port=port)))
        shown += _shown(reader.process.pid)
        if address.startswith("srt"):
            reader.ours.shutdown(socket.SHUT_WR)  # nobody will come
        elif listens:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                shown += _shown(reader.process.pid)
                connection.sendall(b"garbage that is neither\r\n\r\n" * 100)
        said = []
        while message := reader.hear():
            said.append(message)
        assert reader.end() == ""
    everything = f"{said}{shown!r}"
    assert b"ingress.reader" in shown
    assert secret not in everything
    if not address.startswith("srt"):
        (failed,) = said
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
