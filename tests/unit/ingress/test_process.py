"""Real processes that follow a script, and their owner's side of the pipe."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from ingress.reader.messages import Failed, Message, Opened, Order, Request, Unit
from ingress.reader.process import TURN, ReaderProcess
from tests.support.scripted_reader import Script, start_scripted

SECRET = "hunter2-s3cret"
LIMIT = 20.0

Steps = list[dict[str, Any]]


@asynccontextmanager
async def reading(
    folder: Path, *steps: dict[str, Any]
) -> AsyncIterator[tuple[ReaderProcess, Script]]:
    script = Script(folder / "script.json", list(steps))
    reader = await start_scripted(Request(script.url))
    try:
        async with asyncio.timeout(LIMIT):
            yield reader, script
    finally:
        await reader.aclose()


async def everything(reader: ReaderProcess) -> list[Message]:
    return [message async for message in reader.messages()]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_orders_to_who_does_not_listen_are_dropped(tmp_path: Path) -> None:
    hang = {"do": "hang", "stubborn": True}
    async with reading(tmp_path, {"do": "open"}, hang) as (reader, _):
        async with aclosing(reader.messages()) as messages:
            await anext(messages)
            for _ in range(50_000):
                reader.order(Order(key=True))
        await reader.aclose()
        reader.order(Order(key=True))


async def test_a_flood_does_not_keep_others_from_their_turn(tmp_path: Path) -> None:
    turns = 0

    async def beat() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beating = asyncio.create_task(beat(), name="test.beat")
    flood = {"do": "flood", "count": 20_000}
    row = longest = seen = count = 0
    async with reading(tmp_path, {"do": "open"}, flood, {"do": "fail"}) as (reader, _):
        async for _ in reader.messages():
            count, row, seen = count + 1, row + 1 if turns == seen else 1, turns
            longest = max(longest, row)
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)
    assert count == 20_002
    assert longest <= TURN + 1


async def test_who_is_not_listened_to_has_to_wait_and_takes_no_memory(tmp_path: Path) -> None:
    steps: Steps = [
        {"do": "open"},
        {"do": "pictures", "count": 100, "fps": 100_000, "size": 1_000_000},
    ]
    async with (
        reading(tmp_path, *steps, {"do": "fail"}) as (reader, _),
        aclosing(reader.messages()) as messages,
    ):
        begun = time.monotonic()
        first = await anext(messages)
        assert isinstance(first, Opened)
        while time.monotonic() < begun + 0.5:  # it would have sent all of it
            await asyncio.sleep(0.02)
        taking = time.monotonic()
        rest = [message async for message in messages]
    late = [unit for unit in rest if isinstance(unit, Unit) and unit.arrived > taking]
    assert len(rest) == 101
    assert len(late) > 90


async def test_a_program_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    before = descriptors()
    with pytest.raises(OSError, match="No such file"):
        await ReaderProcess.start(Request("x"), command=[str(tmp_path / "nothing")])
    assert descriptors() <= before  # what tests before have left may go meanwhile


async def test_no_secret_is_in_its_command_line_or_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("LIVEKIT_API_SECRET", "PRESSBOX_ADMIN_TOKEN", "INGRESS_REDIS", "OPENAI_API_BASE")
    for name in names:
        monkeypatch.setenv(name, SECRET)
    script = Script(tmp_path / f"{SECRET}.json", [{"do": "open"}, {"do": "hang"}])
    reader = await start_scripted(Request(script.url))
    async with aclosing(reader.messages()) as messages:
        assert isinstance(await anext(messages), Opened)
        process = Path(f"/proc/{reader.pid}")
        shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
    await reader.aclose()
    assert SECRET.encode() not in shown
    assert b"PATH=" in shown


async def test_what_it_prints_is_logged_at_the_end_without_secrets(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "pressbox.ingress")
    code = "import os, sys; os.write(2, sys.argv[1].encode()); os._exit(3)"
    printed = f"cannot open rtsp://cam:{SECRET}@camera/a?token=sekrit with bearer-1234\n" * 100
    request = Request(f"rtsp://cam:{SECRET}@camera/a?token=sekrit", headers={"X": "bearer-1234"})
    reader = await ReaderProcess.start(request, command=[sys.executable, "-c", code, printed])
    async with asyncio.timeout(LIMIT):
        assert (await everything(reader))[-1] == Failed("internal", "the reader ended (status 3)")
    assert "cannot open rtsp://camera/a with ***" in caplog.text
    assert len(caplog.text) < 6000
    for secret in (SECRET, "sekrit", "bearer-1234"):
        assert secret not in caplog.text
