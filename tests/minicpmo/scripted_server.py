"""`python -m models serve` with the engine before a scripted backend: VOICE FAULT PORT."""

from __future__ import annotations

import runpy
import sys
import threading
from collections.abc import Iterable
from pathlib import Path

from models import registry
from models.minicpmo.backend import BackendError, Text
from models.minicpmo.engine import MiniCPMoEngine
from models.minicpmo.voices import Voices
from models.runtime.worker import Patience
from tests.minicpmo.scripted_backend import ScriptedBackend, Step, Stuck, echo


def main() -> None:
    """FAULT is "start", or "stuck" as soon as the text is red."""
    voice, fault, port = sys.argv[1:]
    stuck: list[Step] = [Text("A"), Stuck(threading.Event())]

    def script(memory: str) -> Iterable[Step]:
        return stuck if "red" in memory.split() else echo(memory)

    backend = ScriptedBackend(script)
    if fault == "start":
        backend.faults["load"] = [BackendError("the weights do not fit")]
    engine = MiniCPMoEngine(
        lambda: backend,
        Voices(Path(voice).parent, Path(voice)),
        patience=Patience(piece=0.1, stop=0.1),
        close_timeout=0.1,
    )
    # Under the name of an engine that runs in whatever environment this is.
    registry.ENGINES["sketch"] = lambda _: engine
    sys.argv[1:] = ["serve", "--engine", "sketch", "--port", port]
    runpy.run_module("models", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
