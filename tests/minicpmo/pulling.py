"""What the tests of `pull` have in common: a hub on loopback, and what is in it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models import pull, transfer
from models.engine import EngineError
from tests.minicpmo.hub_server import SIGNATURE, HubServer, Repo

TOKEN = "hf_tokenThatNobodyMaySee"
REPO = "someone/Small-1.5"
WEIGHTS = "model.safetensors"
BIG = bytes(range(256)) * 4096
VOICE = "en_US-lessac-medium"


@contextmanager
def hub_on_loopback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A hub with `REPO`, which is the only one that can be asked, and a cache of one's own."""
    _allow_loopback_only(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(pull, "PAUSE", 0.0)
    monkeypatch.setattr(transfer, "PIECE", 1 << 14)
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        server.repos[REPO] = small()
        yield server


def _allow_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to any other host fails the test that makes it."""
    real = socket.socket.connect

    def connect(this: socket.socket, address: object) -> None:
        if this.family != socket.AF_UNIX and not str(address).startswith("('127.0.0.1'"):
            pytest.fail(f"asked for {address}")
        real(this, address)  # type: ignore[arg-type]

    def resolve(name: object, *_: object) -> object:
        pytest.fail(f"asked for {name!r}") if name != "127.0.0.1" else None
        return lookup(name, *_)  # type: ignore[arg-type]

    lookup = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def small() -> Repo:
    files = {
        "config.json": b'{"model_type": "small"}',
        WEIGHTS: BIG,
        "pytorch_model.bin": b"the same weights once more",
        "onnx/model.onnx": b"and once more",
        "picture.png": b"for people",
        ".gitattributes": b"",
    }
    return Repo(files, frozenset({WEIGHTS}))


def as_repo(folder: Path) -> Repo:
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    large = {name for name in files if name.endswith((".safetensors", ".pt", ".onnx", ".wav"))}
    return Repo(files, frozenset(large))


def came(folder: Path) -> int:
    """Bytes of the file that is not whole yet."""
    return sum(path.stat().st_size for path in (folder / pull.STAGING).glob("*"))


def starts(served: HubServer) -> list[int]:
    """Where in the weights each request for them began."""
    ranges = [it.range for it in served.downloads(WEIGHTS) if it.path.startswith("/cdn")]
    return [int(it.removeprefix("bytes=").removesuffix("-")) if it else 0 for it in ranges]


def refused(call: Callable[[], object], said: list[str] | None = None) -> str:
    """The one line of an error, without anything that is secret."""
    with pytest.raises(EngineError) as caught:
        call()
    line = str(caught.value)
    for text in [line, *(said or [])]:
        assert "\n" not in text
        assert TOKEN not in text
        assert SIGNATURE not in text
    return line
