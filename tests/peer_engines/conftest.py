"""Real engines of other projects. Slow to build: only `make test-peer-engines` runs these."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest

from launcher import program
from tests.peer_engines.llama_server import LlamaServer, llama_server
from tests.peer_engines.ollama_server import ollama_server
from tests.peers.program import Program

_SOURCE = os.environ.get("PRESSBOX_TEST_LLAMA_CPP", "")
_PYTHON = Path(".venv-vlm/bin/python").absolute()
_LIMIT = 120.0

collect_ignore_glob = [] if _SOURCE else ["test_*.py"]

Serve = Callable[..., AbstractAsyncContextManager[LlamaServer]]
Ollama = Callable[..., AbstractAsyncContextManager[tuple[str, Program]]]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tiny model."""
    folder = tmp_path_factory.mktemp("weights")
    words = [str(_PYTHON), "-W", "ignore", "-m", "tests.peer_engines.tiny_gguf", _SOURCE]
    made = asyncio.run(program.run([*words, str(folder)], _LIMIT, dict(os.environ)))
    assert made.status == 0, made.last_words
    return folder


@pytest.fixture
def serve(weights: Path, tmp_path: Path) -> Serve:
    """Starts llama-server with it."""
    return partial(llama_server, Path(_SOURCE), weights, tmp_path)


@pytest.fixture
def ollama(weights: Path, tmp_path: Path) -> Ollama:
    """Starts Ollama with it."""
    return partial(ollama_server, Path(_SOURCE), weights, tmp_path)
