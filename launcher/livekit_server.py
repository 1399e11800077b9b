"""Finds livekit-server, or gets it: PATH, official release, `go install`, container image."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from config import origins
from launcher import download, program
from launcher.errors import LaunchError

VERSION = "1.13.5"
_MODULE = f"github.com/livekit/livekit-server/cmd/server@v{VERSION}"
_IMAGE = f"livekit/livekit-server:v{VERSION}"
_GO_LIMIT = 1200.0
_PULL_LIMIT = 600.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Server:
    """How to start livekit-server; `way` says where it comes from."""

    argv: tuple[str, ...]
    way: str


def cache_dir() -> Path:
    """Where a livekit-server of ours is kept."""
    return origins.cache_dir() / "livekit-server" / VERSION


async def obtain(say: Say, *, cache: Path | None = None, base: str | None = None) -> Server:
    """The first way that works; says in one line which one, and why others did not.

    Raises LaunchError where none works.
    """
    found = shutil.which("livekit-server")
    if found:
        return Server((found,), f"{found}, from PATH")
    target = (cache or cache_dir()) / "livekit-server"
    if os.access(target, os.X_OK):
        return Server((str(target),), f"{target}, kept from before")
    ways: dict[str, Callable[[], Awaitable[Server]]] = {
        "release download": lambda: _download(target, base),
        "go install": lambda: _go_install(target, say),
        "container image": _container,
    }
    reasons = []
    for way, get in ways.items():
        try:
            return await get()
        except (download.DownloadError, _WayError) as error:
            reasons.append(f"{way}: {error}")
            say(f"livekit-server by {way}: {error}")
    raise LaunchError(
        f"no livekit-server ({'; '.join(reasons)}): put livekit-server {VERSION} on PATH, "
        "install Go or Docker, or set LIVEKIT_URL to a server that runs"
    )


class _WayError(Exception):
    """This way does not work here. `str()` is one line."""


async def _download(target: Path, base: str | None) -> Server:
    if base is None:
        await download.download(VERSION, target)
    else:
        await download.download(VERSION, target, base=base)
    return Server((str(target),), f"{target}, release {VERSION} downloaded")


async def _go_install(target: Path, say: Say) -> Server:
    go = shutil.which("go")
    if go is None:
        raise _WayError("there is no go on PATH")
    say(f"livekit-server {VERSION} is being built by go install; this takes minutes, once")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".go-") as folder:
            env = {**os.environ, "GOBIN": folder, "GOFLAGS": "-buildvcs=false"}
            await _run([go, "install", _MODULE], _GO_LIMIT, env)
            built = Path(folder) / "server"
            if not built.is_file():
                raise _WayError("go install left no binary")
            built.replace(target)
    except OSError as error:
        raise _WayError(f"cannot write {target}: {error.strerror}") from None
    return Server((str(target),), f"{target}, {VERSION} built by go install")


async def _container() -> Server:
    docker = shutil.which("docker") or shutil.which("podman")
    if docker is None:
        raise _WayError("there is neither docker nor podman on PATH")
    await _run([docker, "pull", "--quiet", _IMAGE], _PULL_LIMIT, dict(os.environ))
    argv = (docker, "run", "--rm", "--init", "--network", "host")
    return Server((*argv, "-e", "LIVEKIT_CONFIG", "-e", "LIVEKIT_KEYS", _IMAGE), f"image {_IMAGE}")


async def _run(argv: list[str], limit: float, env: dict[str, str]) -> None:
    try:
        ended = await program.run(argv, limit, env)
    except program.ProgramError as error:
        raise _WayError(str(error)) from None
    if ended.status:
        name = Path(argv[0]).name
        raise _WayError(f"{name} ended with status {ended.status}: {ended.last_words}")


async def _main() -> int:
    """`python -m launcher.livekit_server`: gets a binary and prints its path."""
    try:
        server = await obtain(lambda line: print(line, file=sys.stderr))
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1
    if len(server.argv) > 1:
        print(f"{server.way} is no binary, which is what tests need", file=sys.stderr)
        return 1
    print(server.argv[0])
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main()))
