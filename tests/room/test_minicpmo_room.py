"""`run.py ENGINE=minicpmo` on the tiny checkpoint: it speaks in a room, dies, and speaks again."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from livekit import api

from tests.room.test_booth import ended, status
from tests.support.launched import ROOM, ROOT, Running
from tests.support.viewer_probe import ViewerProbe, watching

PYTHON = ROOT / ".venv-minicpmo" / "bin" / "python"
VOCODER = ROOT / "tests" / "minicpmo" / "vocoder"
MAKE = """
import sys
from pathlib import Path
from tests.minicpmo.tiny import make_checkpoint
make_checkpoint(Path(sys.argv[1]))
"""

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-minicpmo: make engine-minicpmo"),
]


async def made(folder: Path) -> Path:
    """A tiny checkpoint, made in the engine's environment."""
    process = await asyncio.create_subprocess_exec(
        *(str(PYTHON), "-W", "ignore", "-c", MAKE, str(folder)),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, said.decode()
    return folder


def token(run: Running) -> str:
    grants = api.VideoGrants(room_join=True, room=ROOM, can_publish_data=True, can_subscribe=True)
    return api.AccessToken(*run.key).with_identity("viewer").with_grants(grants).to_jwt()


def trouble(viewer: ViewerProbe) -> bool:
    return "engine" in status(viewer).get("error", "")


async def more(viewer: ViewerProbe, count: Callable[[], int], by: int, what: str) -> None:
    wanted = count() + by
    await viewer.until(lambda: count() >= wanted, timeout=120, what=what)


async def test_it_speaks_dies_and_speaks_again(livekit_binary: Path, tmp_path: Path) -> None:
    folder = await made(tmp_path / "tiny")
    run = Running(
        livekit_binary,
        tmp_path / "state",
        "ENGINE=minicpmo",
        f"MODEL_PATH={folder}",
        "ENGINE_DEVICE=cpu",
        "DELAY_MAX=30",
        environment={"PYTHONPATH": str(VOCODER), "OMP_NUM_THREADS": "1"},
    )
    try:
        await run.until(lambda: run.said("open http"), limit=180)
        url = f"ws://127.0.0.1:{run.settings['LIVEKIT_PORT']}"
        async with watching(url, token(run)) as viewer:
            await more(viewer, lambda: len(ended(viewer)), 1, "a line of the model")
            await more(viewer, lambda: len(viewer.bursts), 1, "its voice")
            assert "I see" in ended(viewer)[0]

            os.kill(run.children()["models"], signal.SIGKILL)
            await more(viewer, lambda: len(viewer.frames), 60, "pictures without the engine")
            await run.until(lambda: run.said("engine was ended by SIGKILL"))
            await viewer.until(lambda: trouble(viewer), timeout=30, what="why it is silent")
            await viewer.until(lambda: not trouble(viewer), timeout=120, what="the engine again")
            await more(viewer, lambda: len(ended(viewer)), 1, "a line of the engine that came back")
            assert viewer.wrong == []
    finally:
        await run.end()
    assert run.lines[-1].endswith("everything has ended")
