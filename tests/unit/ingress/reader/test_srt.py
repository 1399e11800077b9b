"""SRT by libsrt, from a sender on loopback."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from config.source_address import parse
from ingress.reader import srt
from ingress.reader.failures import SourceFailure
from ingress.reader.messages import Failed, Message, Opened, Request, Unit
from ingress.reader.srt import SrtFile
from tests.support.clips import film
from tests.support.ports import free_port
from tests.unit.ingress.reader.films import messages

library = srt._loaded()
needs_libsrt = pytest.mark.skipif(library is None, reason="libsrt is not installed")

SECRET = "a long passphrase"
ESCAPED = "a%20long%20passphrase"


def _nothing(remark: str, *, listening: bool = False) -> None:
    """Nobody is told."""


@contextmanager
def sender(data: bytes, passphrase: str = "") -> Iterator[tuple[int, threading.Event]]:
    """Listens, and sends a file to whoever comes, again and again; gives the port, and what ends a
    connection.
    """
    assert library is not None
    done, port, listener = threading.Event(), free_port(), library.srt_create_socket()
    if passphrase:
        library.srt_setsockflag(listener, 26, passphrase.encode(), len(passphrase))
    place = srt._sockaddr("127.0.0.1", port)
    assert library.srt_bind(listener, place, len(place)) == 0
    assert library.srt_listen(listener, 5) == 0

    parts = [data[begin : begin + 1316] for begin in range(0, len(data), 1316)]

    def run() -> None:
        while (taken := library.srt_accept(listener, None, None)) >= 0:
            # What is sent before the caller knows that it is accepted is lost, without a word.
            for part in cycle(parts):
                if done.wait(0.02) or library.srt_send(taken, part, len(part)) < 0:
                    break
            done.wait(30)
            library.srt_close(taken)

    thread = threading.Thread(target=run, name="srt-sender")
    thread.start()
    try:
        yield port, done
    finally:
        done.set()
        library.srt_close(listener)
        thread.join(10)
        assert not thread.is_alive()


@needs_libsrt
@pytest.mark.parametrize("passphrase", ["", SECRET])
def test_a_stream_comes_whole(tmp_path: Path, passphrase: str) -> None:
    data = film(tmp_path / "a.ts", seconds=1.2, sound="aac").read_bytes()
    # What a busy machine takes too late is dropped after the latency.
    asked = f"?passphrase={ESCAPED}&latency=3000000" if passphrase else "?latency=3000"
    with sender(data, passphrase) as (port, done):
        said: list[Message] = []
        units = 0
        for message in messages(Request(f"srt://127.0.0.1:{port}{asked}")):
            said.append(message)
            units += isinstance(message, Unit)
            if units == 25:
                done.set()
    opened, failed = next(one for one in said if isinstance(one, Opened)), said[-1]
    assert (opened.codec, opened.way, opened.sound) == ("h264", "passthrough", "aac")
    assert units >= 25
    assert failed == Failed("ended", f"127.0.0.1:{port} has closed the connection")


@needs_libsrt
@pytest.mark.parametrize("asked", ["?passphrase=another%20passphrase", ""])
def test_a_wrong_passphrase_is_said(asked: str) -> None:
    with sender(b"", SECRET) as (port, _), pytest.raises(SourceFailure) as refused:
        SrtFile(parse(f"srt://127.0.0.1:{port}{asked}"), "127.0.0.1", _nothing)
    assert refused.value.kind == "auth"


class MetAlone:
    """libsrt in a rendezvous; at the first one only this side believes that they have met."""

    def __init__(self) -> None:
        self.made = self.patience = 0
        self.open: list[int] = []

    def __getattr__(self, name: str) -> Callable[..., int]:
        return lambda *_: 0

    def srt_create_socket(self) -> int:
        self.made += 1
        self.open.append(self.made)
        return self.made

    def srt_close(self, number: int) -> None:
        self.open.remove(number)

    def srt_setsockflag(self, _: int, option: int, data: bytes, size: int) -> int:
        if option == srt._RECEIVE_TIMEOUT:
            (self.patience,) = struct.unpack("i", data)
        return 0

    def srt_recv(self, number: int, buffer: Any, _: int) -> int:
        if number == 1:
            assert self.patience > 0, "it would wait for ever"
            return -1
        buffer[:2] = b"G1"
        return 2


def test_who_believes_alone_that_they_have_met_calls_again(monkeypatch: pytest.MonkeyPatch) -> None:
    fake, told = MetAlone(), list[str]()
    monkeypatch.setattr(srt, "_loaded", lambda: fake)
    address = parse("srt://10.0.0.1:9000?mode=rendezvous")
    file = SrtFile(address, "10.0.0.1", lambda said, *, listening: told.append(said))
    assert (file.read(1), file.read(9), fake.open, fake.patience) == (b"G", b"1", [2], -1)
    assert len(told) >= 4
    file.close()
    assert not fake.open
