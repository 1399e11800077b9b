"""The program that writes down what was said, seen by its owner; its place is taken by a script."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
import textwrap
from pathlib import Path

import pytest

from speech import whisper
from speech.whisper import HearingError, Whisper

SOUND = bytes(32_000)

PROGRAM = """
import json, os, sys, time
print(json.dumps({loaded}), flush=True)
if {ends}:
    sys.exit(3)
while head := sys.stdin.buffer.readline():
    wanted = json.loads(head)
    sound = sys.stdin.buffer.read(wanted["bytes"])
    if wanted["language"] == "hangs":
        time.sleep(60)
    if wanted["language"] == "dies":
        os.kill(os.getpid(), 9)
    if wanted["language"] == "xx":
        print(json.dumps({{"error": "no such language"}}), flush=True)
    else:
        secret = os.environ.get("LIVEKIT_API_SECRET", "no secret")
        print(json.dumps({{"text": f"{{len(sound)}} {{secret}} {{os.getpid()}}"}}), flush=True)
"""


def program(folder: Path, *, loaded: str = '{"text": ""}', ends: bool = False) -> Whisper:
    path = folder / "program.py"
    path.write_text(textwrap.dedent(PROGRAM.format(loaded=loaded, ends=ends)))
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
    answers = await asyncio.gather(*(made.recognise(SOUND, "en") for _ in range(3)))
    assert len(set(answers)) == 1
    assert answers[0].startswith("32000 no secret")
    with pytest.raises(HearingError, match="no such language"):
        await made.recognise(SOUND, "xx")
    assert pid(await made.recognise(SOUND, "en")) == pid(answers[0])
    await made.aclose()
    await made.aclose()
    assert is_gone(pid(answers[0]))


async def test_a_program_that_dies_is_told_and_another_one_starts(tmp_path: Path) -> None:
    made = program(tmp_path)
    first = pid(await made.recognise(SOUND, "en"))
    with pytest.raises(HearingError, match="SIGKILL"):
        await made.recognise(SOUND, "dies")
    second = pid(await made.recognise(SOUND, "en"))
    os.kill(second, signal.SIGKILL)  # while nobody speaks
    loading = made._loading
    assert loading
    await loading.result().wait()
    third = pid(await made.recognise(SOUND, "en"))
    assert len({first, second, third}) == 3
    await made.aclose()


async def test_who_gives_up_ends_it_and_the_next_is_served_at_once(tmp_path: Path) -> None:
    made = program(tmp_path)
    first = pid(await made.recognise(SOUND, "en"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await made.recognise(SOUND, "hangs")
    answer = await made.recognise(SOUND, "en")
    assert pid(answer) != first
    await made.aclose()
    assert is_gone(first)


@pytest.mark.parametrize(
    ("loaded", "why"), [('{"error": "cannot load tiny"}', "cannot load tiny"), ("", "status")]
)
async def test_a_program_that_cannot_load_says_why(tmp_path: Path, loaded: str, why: str) -> None:
    made = program(tmp_path, loaded=loaded or '"x"', ends=True)
    if not loaded:
        made = Whisper("tiny", command=(sys.executable, "-c", "import sys; sys.exit(3)"))
    for _ in range(2):
        with pytest.raises(HearingError, match=why):
            await made.prepare()
    await made.aclose()


async def test_long_loading_is_told_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "PATIENCE", 0.0)
    made = program(tmp_path)
    with pytest.raises(HearingError, match="still being loaded"):
        await made.prepare()
    loading = made._loading
    assert loading
    await asyncio.wait({loading})
    assert (await made.recognise(SOUND, "en")).startswith("32000")
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


async def test_without_the_package_it_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    made = Whisper()
    with pytest.raises(HearingError, match="make stt"):
        await made.prepare()
    await made.aclose()
