"""Finds a server that is one static binary, or gets it: PATH, release, Go module, image."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config import folders
from launcher import download, program
from launcher.errors import LaunchError

_GO_LIMIT = 1800.0
_PULL_LIMIT = 600.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Server:
    """How to start a server; `way` says where it comes from."""

    argv: tuple[str, ...]
    way: str


@dataclass(frozen=True, slots=True)
class GoServer:
    """A server and where it comes from, at one version.

    releases: folder of the official archives, `archive` with {machine} in it and the file `sums`;
    module with its `checksum` in Go's form and the `package` to build, after `files` (path and
    text) have been put there, which its own `go generate` would fetch; instead: what else a person
    may do.
    """

    name: str
    version: str
    releases: str
    archive: str
    sums: str
    module: str
    checksum: str
    package: str = "."
    files: Mapping[str, str] = field(default_factory=dict)
    image: str = ""
    image_words: tuple[str, ...] = ()
    instead: str = "install Go"


def find(server: GoServer) -> Path | None:
    """The program that is here already: on PATH, or kept from before."""
    found = shutil.which(server.name) or str(_cached(server))
    return Path(found) if os.access(found, os.X_OK) else None


def _cached(server: GoServer) -> Path:
    return folders.cache_dir() / server.name / server.version / server.name


async def obtain(
    server: GoServer, say: Say, *, cache: Path | None = None, base: str | None = None
) -> Server:
    """The first way that works; says in one line which ones did not, and why.

    cache, base: folder and release server, for tests. Raises LaunchError where none works.
    """
    found = shutil.which(server.name)
    if found:
        return Server((found,), f"{found}, from PATH")
    target = cache / server.name if cache else _cached(server)
    if os.access(target, os.X_OK):
        return Server((str(target),), f"{target}, kept from before")
    ways: dict[str, Callable[[], Awaitable[Server]]] = {
        "release download": lambda: _download(server, target, base or server.releases),
        "Go module": lambda: _go(server, target, say),
    }
    if server.image:
        ways["container image"] = lambda: _container(server)
    reasons = []
    for way, get in ways.items():
        try:
            return await get()
        except (download.DownloadError, WayError) as error:
            reasons.append(f"{way}: {error}")
            say(f"{server.name} by {way}: {error}")
    raise LaunchError(
        f"no {server.name} ({'; '.join(reasons)}): put {server.name} {server.version} on PATH, "
        f"or {server.instead}"
    )


class WayError(Exception):
    """This way does not work here. `str()` is one line."""


async def _download(server: GoServer, target: Path, base: str) -> Server:
    archive = server.archive.format(machine=download.machine())
    await download.binary(f"{base}/{archive}", f"{base}/{server.sums}", target)
    return Server((str(target),), f"{target}, release {server.version} downloaded")


async def _go(server: GoServer, target: Path, say: Say) -> Server:
    say(f"{server.name} {server.version} is being built from its Go module: minutes, once")
    await build(server, target)
    return Server((str(target),), f"{target}, {server.version} built from its Go module")


async def build(
    server: GoServer, target: Path, change: Callable[[Path], None] = lambda _: None
) -> None:
    """Builds it at target, all of it or nothing, after a change to its source. Raises WayError."""
    go = shutil.which("go")
    if go is None:
        raise WayError("there is no go on PATH")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".go-") as name:
            folder = Path(name)
            unpacked = await _module(server, go, folder)
            source, built = folder / "source", folder / "built"
            await asyncio.to_thread(_copy, unpacked, source, server.files)
            change(source)
            await _run([go, "build", "-trimpath", "-o", str(built), server.package], source)
            if not built.is_file():
                raise WayError("go build left no binary")
            built.replace(target)
    except OSError as error:
        raise WayError(f"cannot write {target}: {error.strerror}") from None


async def _module(server: GoServer, go: str, folder: Path) -> Path:
    """Where Go has unpacked its source."""
    module = f"{server.module}@v{server.version}"
    answer = await _run([go, "mod", "download", "-json", module], folder)
    try:
        said = json.loads(answer)
        unpacked, checksum = Path(said["Dir"]), said["Sum"]
    except (ValueError, KeyError, TypeError):
        raise WayError("go mod download gave no module") from None
    if checksum != server.checksum:
        raise WayError(f"{module} has an unexpected checksum: {checksum}")
    return unpacked


def _copy(unpacked: Path, source: Path, files: Mapping[str, str]) -> None:
    """A copy that can be written to: Go takes no changes to its cache of modules."""
    shutil.copytree(unpacked, source, copy_function=shutil.copyfile)
    for folder, _, _ in os.walk(source):
        Path(folder).chmod(0o755)
    for name, text in files.items():
        (source / name).write_text(text, encoding="utf-8")


async def _container(server: GoServer) -> Server:
    docker = shutil.which("docker") or shutil.which("podman")
    if docker is None:
        raise WayError("there is neither docker nor podman on PATH")
    await _run([docker, "pull", "--quiet", server.image], None, _PULL_LIMIT)
    argv = (docker, "run", "--rm", "--init", "--network", "host", *server.image_words)
    return Server((*argv, server.image), f"image {server.image}")


async def _run(argv: list[str], directory: Path | None, limit: float | None = None) -> str:
    """Standard output of a program that ended well. Raises WayError."""
    env = {**os.environ, "GOFLAGS": "-mod=mod -buildvcs=false", "GOWORK": "off"}
    try:
        ended = await program.run(argv, limit or _GO_LIMIT, env, directory)
    except program.ProgramError as error:
        raise WayError(str(error)) from None
    if ended.status:
        name = Path(argv[0]).name
        raise WayError(f"{name} ended with status {ended.status}: {ended.last_words}")
    return ended.output


def main(server: GoServer) -> int:
    """Gets a binary and prints its path; returns the exit status."""
    try:
        got = asyncio.run(obtain(server, lambda line: print(line, file=sys.stderr, flush=True)))
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1
    if len(got.argv) > 1:
        print(f"{got.way} is no binary", file=sys.stderr)
        return 1
    print(got.argv[0])
    return 0
