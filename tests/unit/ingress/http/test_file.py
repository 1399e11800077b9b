"""A file over HTTP is read and sought in as one of the disk, whatever its server does."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingress.reader.failures import SourceFailure
from ingress.reader.http import file
from ingress.reader.http.file import HttpFile
from tests.unit.ingress.http.failing import client
from tests.unit.ingress.http.server import CLOSE, Asked, Server, reply

DATA = random.Random(1).randbytes(300_000)
STEPS = some.lists(some.tuples(some.integers(0, len(DATA) + 9), some.integers(1, 70_000)))


@given(STEPS, some.booleans(), some.lists(some.integers(0, len(DATA)), max_size=3))
def test_reading_and_seeking(steps: list[tuple[int, int]], ranges: bool, breaks: list[int]) -> None:
    """With a server that knows ranges or does not, and breaks off now and then."""
    cuts = iter(breaks)

    def answer(asked: Asked) -> Iterable[bytes]:
        wanted = asked.headers.get("range", "bytes=0-")[6:].partition("-")
        begin = int(wanted[0]) if ranges else 0
        said = f"Content-Range: bytes {begin}-{len(DATA) - 1}/{len(DATA)}"
        status = "206 Partial Content" if begin else "200 OK"
        (whole,) = reply(DATA[begin:], said, status=status)
        cut = next(cuts, None)
        return [whole] if cut is None else [whole[: len(whole) - cut // 2], CLOSE]

    failed, real = list[SourceFailure](), io.BytesIO(DATA)
    with pytest.MonkeyPatch.context() as patch, Server(answer) as server:
        patch.setattr(file, "_AGAIN", (0.0,) * 4)
        with client(server.url("/")) as made:
            opened = HttpFile(made.get, made.first, made.get(), failed.append)
            with closing(opened):
                for place, size in steps:
                    assert opened.seek(place) == real.seek(place)
                    wanted, found = real.read(size), b""
                    while len(found) < len(wanted) and (more := opened.read(size - len(found))):
                        found += more
                    assert (found, opened.tell()) == (wanted, place + len(wanted))
    assert not failed
