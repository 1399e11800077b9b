"""A booth without LiveKit: the real program, a real camera, curl-like clients."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.peers.camera import Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.mediamtx import PASSWORD, USER, mediamtx
from tests.support.clips import film
from tests.support.launched import command_lines
from tests.support.procfs import descendants, is_there
from tests.support.standalone_program import LIMIT, standalone

QUICK = (
    *("CHANGE_THRESHOLD=0", "REPEAT_THRESHOLD=1", "INFERENCE_INTERVAL=0.2"),
    *("TTS_PAUSE_AFTER=0.3", "PRESET=lively"),
)


@pytest.mark.timeout(240)
async def test_a_camera_is_watched_heard_asked_and_comes_back(tmp_path: Path) -> None:
    with mediamtx(tmp_path / "mediamtx") as media:
        await media.ready()
        publish = Output(media.rtsp("locked/cam"), look=Look())
        address = media.rtsp("locked/cam", login=f"{USER}:{PASSWORD}")
        with camera(tmp_path / "camera", publish) as cam:
            await media.ready(["locked/cam"], 40)
            async with standalone(tmp_path / "web", address, *QUICK) as on:
                shown, passed_on = command_lines(on.pid), on.passed_on
                await on.until(lambda: len(on.said) >= 2, "two lines", LIMIT)
                first = await on.picture()
                assert first.shape == (180, 320, 3)
                while np.abs(first.astype(int) - await on.picture()).max() < 50:
                    pass  # it moves
                await on.hear(5_000)
                status, answer = await on.post("/api/ask?wait=true", text="What do you see?")
                assert (status, bool(answer["text"])) == (200, True)
                status, refused = await on.post("/api/settings", delay=99)
                assert (status, refused["field"]) == (400, "delay")

                cam.kill()
                await on.until(lambda: on.told["capture"] == "lost", "the camera is gone", LIMIT)
                assert on.told["source_state"] in ("stalled", "reconnecting", "failed")
                assert (await on.picture()).any(), "the last picture, marked"
                cam.start()
                await on.until(lambda: on.told["source_state"] == "live", "it is back", LIMIT)
                said = len(on.said)
                await on.until(lambda: len(on.said) > said, "a line again", LIMIT)

                os.kill(on.child("models"), signal.SIGKILL)
                await on.until_said("engine was ended by SIGKILL", LIMIT)
                assert (await on.picture()).any()
                await on.until(lambda: on.log.count("engine ready") == 2, "it is back", LIMIT)
                said = len(on.said)
                await on.until(lambda: len(on.said) > said, "a line again", LIMIT)

                children = descendants(on.pid)
                on.send(signal.SIGINT)
                assert await asyncio.to_thread(on.wait) == 0
                assert [pid for pid in children if is_there(pid)] == []
    for text in (shown, passed_on, on.log, str(on.events)):
        assert PASSWORD not in text
    assert media.rtsp("locked/cam") in shown


@pytest.mark.timeout(120)
async def test_a_film_is_shown_over_and_over_with_its_own_sound(tmp_path: Path) -> None:
    clip = film(tmp_path / "clip.mp4", seconds=2, sound="aac")
    async with standalone(tmp_path / "web", str(clip), *QUICK, "DELAY=2") as on:
        await on.hear(2_000)
        greys: list[int] = []
        while len(greys) < 3 or min(greys) == max(greys):
            greys.append(int((await on.picture())[-1, -1, 0]))
        assert on.told["source"] == "clip"
        await on.until(lambda: len(on.said) >= 1, "a line", LIMIT)


async def test_what_cannot_start_is_told_in_one_line(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "web", "--standalone", str(tmp_path / "none.mp4")),
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    assert process.returncode == 1
    assert told.decode().startswith("error: SOURCE: none.mp4 is no file here")
    assert told.count(b"\n") == 1
