"""Every way to a server, and every way it can fail; test_detector_weights has bad connections."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from launcher import download, go_server
from launcher.go_server import GoServer

BINARY = b"#!/bin/sh\necho thing\n" + bytes(200_000)
NOWHERE = "http://127.0.0.1:9"
THING = GoServer(
    "thing",
    "1.2.3",
    NOWHERE,
    "thing_{machine}.tar.gz",
    "sums.txt",
    "example.org/thing",
    "h1:right",
    "./cmd",
    files={"made/VERSION": "v1.2.3"},
    image="example/thing:v1.2.3",
)
NAME = THING.archive.format(machine=download.machine())


def archive(name: str = "thing") -> bytes:
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
        self.sums = f"{hashlib.sha256(self.archive).hexdigest()} *{NAME}\n"
        self.url = ""

    async def checksums(self, _: web.Request) -> web.Response:
        return web.Response(text=f"{'0' * 64}  other.tar.gz\n{self.sums}")

    async def whole(self, _: web.Request) -> web.Response:
        return web.Response(body=self.archive)


@pytest_asyncio.fixture
async def releases() -> AsyncIterator[Releases]:
    made = Releases()
    app = web.Application()
    app.router.add_get("/sums.txt", made.checksums)
    app.router.add_get(f"/{NAME}", made.whole)
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


def put_go(
    folder: Path, checksum: str = "h1:right", builds: str = 'cp "$PWD/made/VERSION" "$4"'
) -> None:
    """A go that has the module and builds it by `builds`."""
    source = folder.parent / "module"
    (source / "made").mkdir(parents=True)
    (source / "made").chmod(0o555)
    said = f'{{"Dir": "{source}", "Sum": "{checksum}"}}'
    module = "mod download -json example.org/thing@v1.2.3"
    code = f"[ \"$*\" = '{module}' ] && {{ echo '{said}'; exit; }}"
    put(folder, "go", f'{code}\n[ "$1 $2 $3 $5" = "build -trimpath -o ./cmd" ] || exit 9\n{builds}')


class TestDownload:
    async def fetch(self, releases: Releases, target: Path) -> None:
        timeout = aiohttp.ClientTimeout(total=10, sock_read=0.5)
        url = releases.url
        await download.binary(f"{url}/{NAME}", f"{url}/sums.txt", target, timeout=timeout)

    async def test_a_good_one(self, releases: Releases, tmp_path: Path) -> None:
        target = tmp_path / "cache" / "thing"
        await self.fetch(releases, target)
        assert target.read_bytes() == BINARY
        assert target.stat().st_mode & 0o111
        assert [path.name for path in target.parent.iterdir()] == ["thing"]

    @pytest.mark.parametrize(
        ("content", "sums", "said"),
        [
            (archive()[:-1] + b"x", None, f"{NAME} has a wrong checksum"),
            (archive(), "", "does not name"),
            (b"no archive", "{sum}  {name}", "holds no thing"),
            (archive("something-else"), "{sum}  {name}", "holds no thing"),
        ],
    )
    async def test_a_bad_archive(
        self, releases: Releases, tmp_path: Path, content: bytes, sums: str | None, said: str
    ) -> None:
        releases.archive = content
        if sums is not None:
            releases.sums = sums.format(sum=hashlib.sha256(content).hexdigest(), name=NAME)
        await self.refused(releases, tmp_path, said)

    async def refused(self, releases: Releases, tmp_path: Path, said: str) -> None:
        target = tmp_path / "cache" / "thing"
        with pytest.raises(download.DownloadError, match=said) as caught:
            await self.fetch(releases, target)
        assert "\n" not in str(caught.value)
        assert not target.exists()
        assert not target.parent.exists() or list(target.parent.iterdir()) == []


class TestOrder:
    async def obtain(
        self, tmp_path: Path, base: str = NOWHERE
    ) -> tuple[go_server.Server, list[str]]:
        said: list[str] = []
        cache = tmp_path / "cache"
        return await go_server.obtain(THING, said.append, cache=cache, base=base), said

    async def test_then_the_release(
        self, bin_dir: Path, releases: Releases, tmp_path: Path
    ) -> None:
        put(bin_dir, "go", "exit 1")
        server, _ = await self.obtain(tmp_path, releases.url)
        assert "downloaded" in server.way
        again, _ = await self.obtain(tmp_path)
        assert again.argv == server.argv
        assert "kept from before" in again.way

    async def test_then_go_with_what_its_source_lacks(self, bin_dir: Path, tmp_path: Path) -> None:
        put_go(bin_dir)
        server, said = await self.obtain(tmp_path)
        assert server.argv == (str(tmp_path / "cache" / "thing"),)
        assert (tmp_path / "cache" / "thing").read_text() == "v1.2.3"
        assert [path.name for path in (tmp_path / "cache").iterdir()] == ["thing"]
        assert said[0].startswith("thing by release download: the connection failed")

    @pytest.mark.parametrize(
        ("checksum", "builds", "said"),
        [
            ("h1:right", "echo 1 >&2; echo no network >&2; exit 1", "ended with status 1: no net"),
            ("h1:right", "exit 0", "go build left no binary"),
            ("h1:wrong", "", "unexpected checksum: h1:wrong"),
        ],
    )
    async def test_then_the_image(
        self, bin_dir: Path, tmp_path: Path, checksum: str, builds: str, said: str
    ) -> None:
        put_go(bin_dir, checksum, builds)
        put(bin_dir, "docker", '[ "$1" = pull ]')
        server, lines = await self.obtain(tmp_path)
        assert server.argv[:2] == (str(bin_dir / "docker"), "run")
        assert server.argv[-1] == THING.image
        assert said in lines[-1]
        assert list((tmp_path / "cache").iterdir()) == []
