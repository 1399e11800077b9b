"""Every way to a livekit-server, and every way it can fail."""

from __future__ import annotations

import asyncio
import hashlib
import io
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from launcher import download, livekit_server
from launcher.errors import LaunchError
from launcher.livekit_server import VERSION, obtain

BINARY = b"#!/bin/sh\necho livekit-server\n" + bytes(200_000)
NAME = download.archive_name(VERSION)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def archive(name: str = "livekit-server") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for entry, content in (("LICENSE", b"text"), (name, BINARY)):
            info = tarfile.TarInfo(entry)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


class Releases:
    """A release server that a test can spoil."""

    def __init__(self) -> None:
        self.archive = archive()
        self.sums = f"{hashlib.sha256(self.archive).hexdigest()}  {NAME}\n"
        self.serve_archive: Handler = self._whole
        self.url = ""

    async def checksums(self, _: web.Request) -> web.Response:
        return web.Response(text=f"{'0' * 64}  other.tar.gz\n{self.sums}")

    async def _whole(self, _: web.Request) -> web.StreamResponse:
        return web.Response(body=self.archive)

    async def broken_midway(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(self.archive))})
        await response.prepare(request)
        await response.write(self.archive[: len(self.archive) // 2])
        if request.transport is not None:
            request.transport.abort()
        return response

    async def stalls_midway(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(self.archive))})
        await response.prepare(request)
        await response.write(self.archive[:100])
        await asyncio.sleep(30)
        return response

    async def missing(self, _: web.Request) -> web.StreamResponse:
        raise web.HTTPNotFound


@pytest_asyncio.fixture
async def releases() -> AsyncIterator[Releases]:
    made = Releases()

    async def serve(request: web.Request) -> web.StreamResponse:
        return await made.serve_archive(request)

    app = web.Application()
    app.router.add_get(f"/v{VERSION}/checksums.txt", made.checksums)
    app.router.add_get(f"/v{VERSION}/{NAME}", serve)
    async with TestServer(app) as server:
        made.url = str(server.make_url("")).rstrip("/")
        yield made


@pytest.fixture
def bin_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH, next to those with a shell."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "cp", "chmod"):
        found = next(
            Path(place, tool) for place in ("/bin", "/usr/bin") if Path(place, tool).exists()
        )
        (folder / tool).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put(folder: Path, name: str, code: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{code}\n")
    (folder / name).chmod(0o755)


NOWHERE = "http://127.0.0.1:9"


class TestDownload:
    async def fetch(self, releases: Releases, target: Path) -> None:
        timeout = aiohttp.ClientTimeout(total=10, sock_read=0.5)
        await download.download(VERSION, target, base=releases.url, timeout=timeout)

    async def test_a_good_one(self, releases: Releases, tmp_path: Path) -> None:
        target = tmp_path / "cache" / "livekit-server"
        await self.fetch(releases, target)
        assert target.read_bytes() == BINARY
        assert target.stat().st_mode & 0o111
        assert [path.name for path in target.parent.iterdir()] == ["livekit-server"]

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            ("broken_midway", "the connection failed"),
            ("stalls_midway", "did not answer in time"),
            ("missing", "the server answered 404"),
        ],
    )
    async def test_a_bad_connection(
        self, releases: Releases, tmp_path: Path, spoil: str, said: str
    ) -> None:
        releases.serve_archive = getattr(releases, spoil)
        await self.refused(releases, tmp_path, said)

    async def test_a_wrong_checksum(self, releases: Releases, tmp_path: Path) -> None:
        releases.archive = releases.archive[:-1] + b"x"
        await self.refused(releases, tmp_path, f"{NAME} has a wrong checksum")

    async def test_a_checksum_that_is_missing(self, releases: Releases, tmp_path: Path) -> None:
        releases.sums = ""
        await self.refused(releases, tmp_path, "does not name")

    @pytest.mark.parametrize("content", [b"no archive", b"", archive("something-else")])
    async def test_an_archive_without_it(
        self, releases: Releases, tmp_path: Path, content: bytes
    ) -> None:
        releases.archive = content
        releases.sums = f"{hashlib.sha256(content).hexdigest()}  {NAME}\n"
        await self.refused(releases, tmp_path, "holds no livekit-server")

    async def test_nobody_there(self, tmp_path: Path) -> None:
        with pytest.raises(download.DownloadError, match="the connection failed"):
            await download.download(VERSION, tmp_path / "livekit-server", base=NOWHERE)

    async def refused(self, releases: Releases, tmp_path: Path, said: str) -> None:
        target = tmp_path / "cache" / "livekit-server"
        with pytest.raises(download.DownloadError, match=said) as caught:
            await self.fetch(releases, target)
        assert "\n" not in str(caught.value)
        assert not target.exists()
        assert not target.parent.exists() or list(target.parent.iterdir()) == []


class TestOrder:
    async def test_path_comes_first(
        self, bin_dir: Path, releases: Releases, tmp_path: Path
    ) -> None:
        put(bin_dir, "livekit-server", "")
        server = await obtain(print, cache=tmp_path / "cache", base=releases.url)
        assert server.argv == (str(bin_dir / "livekit-server"),)
        assert "from PATH" in server.way
        assert not (tmp_path / "cache").exists()

    async def test_then_the_release(
        self, bin_dir: Path, releases: Releases, tmp_path: Path
    ) -> None:
        put(bin_dir, "go", "exit 1")
        server = await obtain(print, cache=tmp_path / "cache", base=releases.url)
        assert "downloaded" in server.way
        again = await obtain(print, cache=tmp_path / "cache", base=NOWHERE)
        assert again.argv == server.argv
        assert "kept from before" in again.way

    async def test_then_go(self, bin_dir: Path, tmp_path: Path) -> None:
        code = '[ "$1 $2" = "install %s" ] || exit 9\ncp /bin/sh "$GOBIN/server"'
        put(bin_dir, "go", code % livekit_server._MODULE)
        said: list[str] = []
        server = await obtain(said.append, cache=tmp_path / "cache", base=NOWHERE)
        assert server.argv == (str(tmp_path / "cache" / "livekit-server"),)
        assert "go install" in server.way
        assert [path.name for path in (tmp_path / "cache").iterdir()] == ["livekit-server"]
        assert said[0].startswith("livekit-server by release download: the connection failed")

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("echo first >&2; echo go: no network >&2; exit 1", "ended with status 1: go: no netw"),
            ("exit 0", "go install left no binary"),
        ],
    )
    async def test_then_the_image(
        self, bin_dir: Path, tmp_path: Path, code: str, said: str
    ) -> None:
        put(bin_dir, "go", code)
        put(bin_dir, "docker", '[ "$1" = pull ]')
        lines: list[str] = []
        server = await obtain(lines.append, cache=tmp_path / "cache", base=NOWHERE)
        assert server.argv[:2] == (str(bin_dir / "docker"), "run")
        assert server.argv[-1] == f"livekit/livekit-server:v{VERSION}"
        assert server.way == f"image livekit/livekit-server:v{VERSION}"
        assert said in lines[-1]
        assert list((tmp_path / "cache").iterdir()) == []

    async def test_nothing_works(self, bin_dir: Path, tmp_path: Path) -> None:
        put(bin_dir, "docker", "echo 'no daemon' >&2; exit 1")
        with pytest.raises(LaunchError) as caught:
            await obtain(lambda _: None, cache=tmp_path / "cache", base=NOWHERE)
        said = str(caught.value)
        assert said.startswith("no livekit-server (release download: the connection failed")
        assert "go install: there is no go on PATH" in said
        assert "docker ended with status 1: no daemon" in said
        assert said.endswith("or set LIVEKIT_URL to a server that runs")
        assert "\n" not in said

    async def test_a_build_that_takes_too_long(
        self, bin_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(livekit_server, "_GO_LIMIT", 0.2)
        put(bin_dir, "go", "exec 2>&-\nwhile :; do :; done")
        lines: list[str] = []
        with pytest.raises(LaunchError, match=r"go took longer than 0\.2 s"):
            await obtain(lines.append, cache=tmp_path / "cache", base=NOWHERE)
