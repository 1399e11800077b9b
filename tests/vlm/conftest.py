"""Tiny models on disk, and engines that run them. Nothing here reaches a network."""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
import torch

from models.vlm import machine
from models.vlm.engine import VlmEngine
from models.vlm.session import Session
from tests.engine import conftest as servers
from tests.vlm.tiny import FAMILIES

torch.set_num_threads(1)

serve, http = servers.serve, servers.http


@pytest.fixture(autouse=True)
def _exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same precision on every machine."""
    monkeypatch.setattr(machine, "cpu_dtype", lambda _: "float32")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each tiny model."""
    place = tmp_path_factory.mktemp("models")
    return {name: make(place / name) for name, make in FAMILIES.items()}


@pytest.fixture(params=sorted(FAMILIES))
def folder(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Path:
    """Each family in turn."""
    return folders[request.param]


@pytest.fixture
def session(folder: Path) -> Session:
    """Open, without a thread."""
    made = Session(folder, "cpu")
    made.open()
    return made


Start = Callable[[Session], Awaitable[VlmEngine]]


@pytest_asyncio.fixture
async def start() -> AsyncIterator[Start]:
    """Starts engines, and closes them after the test."""
    engines: list[VlmEngine] = []

    async def started(session: Session) -> VlmEngine:
        engine = VlmEngine(session)
        engines.append(engine)
        await engine.start()
        return engine

    yield started
    for engine in engines:
        await engine.aclose()


@pytest_asyncio.fixture
async def engine(start: Start, folder: Path) -> VlmEngine:
    """A started one with each family in turn."""
    return await start(Session(folder, "cpu"))
