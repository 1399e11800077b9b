"""Ollama with the tiny model, its llama-server being the one of llama.cpp, for tests.

`python -m tests.peer_engines.ollama_server` builds it, which takes minutes, once.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from config import folders
from launcher import program
from launcher.go_server import GoServer, WayError, build
from tests.peers.program import Program
from tests.support.ports import free_port

_OLLAMA = GoServer(
    "ollama",
    "0.34.0",
    "",
    "",
    "",
    "github.com/ollama/ollama",
    "h1:6BrPUjSiGVuYz+Um6YawOrZanVXeurjjfX2rRVpRR3E=",
)
_BINARY = folders.cache_dir() / "ollama" / _OLLAMA.version / "bin" / "ollama"
_LIMIT = 60.0
_EYES = "FROM {0}/model.gguf\nFROM {0}/mmproj.gguf\nPARAMETER num_thread 1\n"
_BLIND = "FROM {0}/model.gguf\nPARAMETER num_thread 1\n"


@asynccontextmanager
async def ollama_server(
    source: Path, weights: Path, folder: Path, *, context: int = 8192
) -> AsyncIterator[tuple[str, Program]]:
    """Its address and process. It has the models tiny:latest and, without eyes, blind:latest."""
    helpers = _BINARY.parent.parent / "lib" / "ollama"
    helpers.mkdir(parents=True, exist_ok=True)
    for name in ("llama-server", "llama-quantize"):
        (helpers / name).unlink(missing_ok=True)
        (helpers / name).symlink_to(source / name)
    port = free_port()
    environment = {
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
        "OLLAMA_HOST": f"127.0.0.1:{port}",
        "OLLAMA_CONTEXT_LENGTH": str(context),
        "OLLAMA_NO_CLOUD": "1",
    }
    words = (str(_BINARY), "serve")
    with Program(words, folder / "ollama.log", environment=environment) as served:
        await served.until_said("Listening on")
        for model, lines in {"blind": _BLIND, "tiny": _EYES}.items():
            file = folder / "Modelfile"
            file.write_text(lines.format(weights))
            create = (str(_BINARY), "create", model, "-f", str(file))
            made = await program.run(create, _LIMIT, environment)
            assert made.status == 0, made.last_words
        yield f"http://127.0.0.1:{port}/v1", served


if __name__ == "__main__":
    try:
        if not _BINARY.is_file():
            asyncio.run(build(_OLLAMA, _BINARY))
    except WayError as error:
        sys.exit(f"Ollama cannot be built: {error}")
