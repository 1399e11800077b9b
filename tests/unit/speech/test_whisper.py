"""The program that writes down what was said, seen by its owner; its place is taken by a script."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from speech import whisper
from speech.whisper import HearingError, Whisper

SOUND = bytes(32_000)

PROGRAM = """
import json, os, sys, time
print('{"text": ""}', flush=True)
while head := sys.stdin.buffer.readline():
    wanted = json.loads(head)
    sound = sys.stdin.buffer.read(wanted["bytes"])
    if wanted["language"] == "hangs":
        time.sleep(60)
    if wanted["language"] == "dies":
        os.kill(os.getpid(), 9)
    if wanted["language"] == "xx":
        print(json.dumps({"error": "no such language"}), flush=True)
    else:
        secret = os.environ.get("LIVEKIT_API_SECRET", "no secret")
        print(json.dumps({"text": f"{len(sound)} {secret} {os.getpid()}"}), flush=True)
"""


def program(folder: Path) -> Whisper:
    path = folder / "program.py"
    path.write_text(PROGRAM)
    return Whisper("tiny", command=(sys.executable, str(path)))


def pid(answer: str) -> int:
    return int(answer.split()[-1])


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


async def test_one_program_serves_and_ends_with_its_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEKIT_API_SECRET", "hunter2")
    made = program(tmp_path)
    await made.prepare()
    answer = await made.recognise(SOUND, "en")
    assert answer.startswith("32000 no secret")
    with pytest.raises(HearingError, match="no such language"):
        await made.recognise(SOUND, "xx")
    assert pid(await made.recognise(SOUND, "en")) == pid(answer)
    await made.aclose()
    await made.aclose()
    assert is_gone(pid(answer))


async def test_after_a_program_that_hangs_or_dies_another_one_serves(tmp_path: Path) -> None:
    made = program(tmp_path)
    served = [pid(await made.recognise(SOUND, "en"))]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await made.recognise(SOUND, "hangs")
    served.append(pid(await made.recognise(SOUND, "en")))
    with pytest.raises(HearingError, match="SIGKILL"):
        await made.recognise(SOUND, "dies")
    served.append(pid(await made.recognise(SOUND, "en")))
    os.kill(served[-1], signal.SIGKILL)  # while nobody speaks
    loading = made._loading
    assert loading
    await loading.result().wait()
    served.append(pid(await made.recognise(SOUND, "en")))
    assert len(set(served)) == 4
    await made.aclose()
    assert all(map(is_gone, served))


@pytest.mark.parametrize(
    ("does", "why"),
    [("""print('{"error": "cannot load tiny"}')""", "cannot load tiny"), ("exit(3)", "status 3")],
)
async def test_a_program_that_cannot_load_says_why(does: str, why: str) -> None:
    made = Whisper("tiny", command=(sys.executable, "-c", does))
    for _ in range(2):
        with pytest.raises(HearingError, match=why):
            await made.prepare()
    await made.aclose()


async def test_it_ends_when_nobody_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = program(tmp_path)
    await made.prepare()
    monkeypatch.setattr(whisper, "IDLE", 0.0)
    served = pid(await made.recognise(SOUND, "en"))
    while made._loading or made._ending:
        await asyncio.sleep(0.01)
    assert is_gone(served)
    await made.aclose()
