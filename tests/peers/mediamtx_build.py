"""Builds mediamtx, a media server, once; `python -m tests.peers` prints its path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

VERSION = "1.20.1"
_MODULE = f"github.com/bluenviron/mediamtx@v{VERSION}"
_SUM = "h1:nY/EAViwn1zN9krUOTCsuU7v+cAdJ62jdrcc8pI9grI="
_LIMIT = 1200.0


class BuildError(Exception):
    """mediamtx cannot be built here. `str()` is one line."""


def cache_dir() -> Path:
    """`$XDG_CACHE_HOME/pressbox/mediamtx/<version>`, or the same below `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "pressbox" / "mediamtx" / VERSION


def find_binary() -> Path | None:
    """mediamtx: by PRESSBOX_MEDIAMTX, or where `build` puts it."""
    found = os.environ.get("PRESSBOX_MEDIAMTX") or str(cache_dir() / "mediamtx")
    return Path(found) if os.access(found, os.X_OK) else None


def build() -> Path:
    """The path of mediamtx, built if need be, which takes a minute. Raises BuildError."""
    found = find_binary()
    if found:
        return found
    go = shutil.which("go")
    if go is None:
        raise BuildError("Go is missing for the tests of sources: install golang, or go.dev's")
    target = cache_dir() / "mediamtx"
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".build-") as folder:
        source = _copy(go, Path(folder) / "source")
        # What its own `go generate` fetches: neither is needed to serve streams.
        (source / "internal/core/VERSION").write_text(f"v{VERSION}")
        (source / "internal/servers/hls/hls.min.js").write_text("// left out\n")
        built = Path(folder) / "mediamtx"
        _run(go, "build", "-trimpath", "-buildvcs=false", "-o", str(built), ".", cwd=source)
        built.replace(target)
    return target


def _copy(go: str, to: Path) -> Path:
    """The module's source in a folder that can be written to."""
    said = json.loads(_run(go, "mod", "download", "-json", _MODULE, cwd=to.parent))
    if said.get("Sum") != _SUM:
        raise BuildError(f"{_MODULE} is not what it was: its sum is {said.get('Sum')}")
    shutil.copytree(said["Dir"], to, copy_function=shutil.copyfile)
    for folder, _, _ in os.walk(to):
        Path(folder).chmod(0o755)
    return to


def _run(*command: str, cwd: Path) -> str:
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOWORK": "off"}
    try:
        done = subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=_LIMIT
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{command[1]}: {type(error).__name__}") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise BuildError(f"go {command[1]} ended with {done.returncode}: {(lines or ['?'])[-1]}")
    return done.stdout
