"""`python -m models serve` with the engine before a scripted backend: PORT VOICE FAULT."""

from __future__ import annotations

import runpy
import sys
import threading
from pathlib import Path

from models import registry
from models.minicpmo.backend import BackendError, DeviceLost, End, Text
from models.minicpmo.engine import MiniCPMoEngine
from models.minicpmo.voices import Voices
from models.runtime.worker import Patience
from tests.minicpmo.scripted_backend import ScriptedBackend, Step, Stuck, echo

FAULTS: dict[str, list[Step]] = {
    "lost": [Text("A"), DeviceLost("illegal memory access")],
    "stuck": [Text("A"), Stuck(threading.Event())],
    "waiting": [Text("A"), threading.Event()],
}


def main() -> None:
    port, voice, fault = sys.argv[1:]
    backend = ScriptedBackend([Text("Hello"), End("stop", 1, 1)])
    if fault == "start":
        backend.faults["load"] = [BackendError("the weights do not fit")]
    started = False

    def script(memory: str) -> list[Step]:
        nonlocal started
        faulty, started = started and "red" in memory, True
        return FAULTS[fault] if faulty else list(echo(memory))

    backend.script = script
    engine = MiniCPMoEngine(
        lambda: backend,
        Voices(Path(voice).parent, Path(voice)),
        patience=Patience(piece=0.1, stop=0.1) if fault == "stuck" else None,
        close_timeout=0.1,
    )
    # Under the name of an engine that runs in whatever environment this is.
    registry.ENGINES["sketch"] = lambda _: engine
    sys.argv[1:] = ["serve", "--engine", "sketch", "--port", port]
    runpy.run_module("models", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
