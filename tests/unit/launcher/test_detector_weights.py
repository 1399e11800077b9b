"""The detector's weights come whole and right or not at all, and no start hangs on them."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from launcher import detector_weights
from launcher.errors import LaunchError
from tests.support import tiny_yolox
from tests.support.virtual_time import virtual
from vision import weights

FILE = b"weights" * 30_000
IMPATIENT = aiohttp.ClientTimeout(total=10, sock_read=0.5)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def whole(_: web.Request) -> web.StreamResponse:
    return web.Response(body=FILE)


async def lies(_: web.Request) -> web.StreamResponse:
    return web.Response(body=FILE[:-1] + b"!")


async def says_it_is_gone(_: web.Request) -> web.StreamResponse:
    raise web.HTTPNotFound


async def _half(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": str(len(FILE))})
    await response.prepare(request)
    await response.write(FILE[: len(FILE) // 2])
    return response


async def cuts(request: web.Request) -> web.StreamResponse:
    response = await _half(request)
    if request.transport is not None:
        request.transport.abort()
    return response


async def stalls(request: web.Request) -> web.StreamResponse:
    response = await _half(request)
    await asyncio.Event().wait()
    return response


class Release:
    def __init__(self) -> None:
        self.answer: Handler = whole
        self.asked = 0
        self.url = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        return await self.answer(request)


@pytest_asyncio.fixture
async def release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Release]:
    """The file's server, whose file has the right checksum; the cache lies in tmp_path."""
    monkeypatch.setattr(weights, "SHA256", frozenset({hashlib.sha256(FILE).hexdigest()}))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = Release()
    app = web.Application()
    app.router.add_get("/yolox_nano.onnx", made.serve)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/yolox_nano.onnx"))
        yield made


async def obtained(url: str, lines: list[str]) -> bool:
    return await detector_weights.obtain(lines.append, url=url, timeout=IMPATIENT)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_they_lie_where_every_process_looks(release: Release) -> None:
    said: list[str] = []
    assert weights.find("auto") is None
    assert await obtained(release.url, said)
    found = weights.find("auto")
    assert found is not None
    assert found.read_bytes() == FILE
    assert found.stat().st_mode & 0o111 == 0
    assert len(said) == 1
    assert weights.find("off") is None


@pytest.mark.parametrize("answer", [lies, says_it_is_gone, cuts, stalls])
async def test_a_bad_server_leaves_nothing_and_the_next_start_tries_again(
    release: Release, answer: Handler, tmp_path: Path
) -> None:
    said: list[str] = []
    release.answer = answer
    assert not await obtained(release.url, said)
    assert len(said) == 1
    assert "\n" not in said[0]
    assert files(tmp_path) == []
    release.answer = whole
    assert await obtained(release.url, said)
    assert weights.find("auto") is not None


async def test_a_cache_that_cannot_be_written_is_one_line(release: Release, tmp_path: Path) -> None:
    (tmp_path / "pressbox").write_text("a file where a folder is wanted")
    said: list[str] = []
    assert not await obtained(release.url, said)
    assert len(said) == 1


@virtual
async def test_a_start_waits_a_few_seconds_at_most() -> None:
    async def never() -> bool:
        await asyncio.Event().wait()
        return True

    getting = detector_weights.Getting(never())
    async with asyncio.timeout(5):
        await getting.wait()
    await getting.aclose()
    await getting.aclose()


async def test_a_file_of_ones_own_need_only_load(tmp_path: Path) -> None:
    own = tiny_yolox.write(tmp_path / "own.onnx", tiny_yolox.rows([]))
    said: list[str] = []
    getting = await detector_weights.prepare(str(own), said.append)
    await getting.aclose()
    assert said == []
    own.write_bytes(FILE)
    with pytest.raises(LaunchError) as caught:
        await detector_weights.prepare(str(own), said.append)
    assert str(own) in str(caught.value)
    assert "\n" not in str(caught.value)
