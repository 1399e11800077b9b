"""`run.py` as a whole: start, the death of this and that, and an end that leaves nothing."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from livekit import api

from tests.support.launched import ROOM, Running, command_lines
from tests.support.ports import free_port

pytestmark = pytest.mark.timeout(240)


@pytest_asyncio.fixture
async def start(
    livekit_binary: Path, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Running]]]:
    started: list[Running] = []

    async def begin(*words: str) -> Running:
        run = Running(livekit_binary, tmp_path / f"state{len(started)}", *words)
        started.append(run)
        return run

    yield begin
    for run in started:
        if run.process.poll() is None:
            await run.end(signal.SIGKILL)
        await run.end()


async def test_start_ordinary_ends_recovery_and_end(
    start: Callable[..., Awaitable[Running]],
) -> None:
    run = await start()
    await run.ready()
    assert len([line for line in run.lines if "open http" in line]) == 1
    async with aiohttp.ClientSession(run.url) as session, session.get("/health") as answer:
        assert answer.status == 200
    children = run.children()
    wanted = {"livekit-server", "agent", "web", "ingress", "models", "launcher.reaper"}
    assert children.keys() == wanted
    (first,) = await run.agents()

    async with run.visit(ROOM, wish=None), run.visit("closed", wish="{}", agents=True):
        await run.until_true(lambda: one_each(run, "closed", up=True))
        async with run.api() as lkapi:
            await lkapi.room.delete_room(api.DeleteRoomRequest(room="closed"))
        await run.until(lambda: run.said("process exiting"))
    assert not alarming(run.lines)

    async def another_agent() -> bool:
        agents = await run.agents()
        return len(agents) == 1 and agents != [first]

    os.kill(children["agent"], signal.SIGKILL)
    await run.until_true(another_agent)
    os.kill(run.children()["livekit-server"], signal.SIGKILL)
    await run.until(lambda: run.said("livekit was ended by SIGKILL"))
    await run.until_true(lambda: one_each(run, ROOM))
    os.kill(children["web"], signal.SIGKILL)
    assert await run.end() == 0
    assert run.lines[-1].endswith("everything has ended")
    assert await run.left_over() == set()
    assert run.key[1] not in run.text


def alarming(lines: list[str]) -> list[str]:
    """Those that tell of trouble."""
    return [line for line in lines if "WARN" in line or "error" in line.lower()]


async def one_each(run: Running, *rooms: str, up: bool = False) -> bool:
    """Whether there is one agent in each of these rooms."""
    return all([len(await run.agents(room, up=up)) == 1 for room in rooms])


async def test_dispatches_of_other_people_and_of_tokens(
    start: Callable[..., Awaitable[Running]],
) -> None:
    run = await start("SOURCE=none", "AGENT_LOAD_LIMIT=5")
    await run.ready()
    (first,) = await run.agents()
    async with run.visit("t0", wish="{}", agents=True), run.visit("t1", wish="{}", agents=True):
        await run.until_true(lambda: one_each(run, "t0", "t1"))
        assert [len(await run.dispatches(room)) for room in ("t0", "t1")] == [1, 1]
        assert not any(run.said(f"in room {room} already") for room in ("t0", "t1"))
    # A room that somebody else has opened: LiveKit heeds no token's agents there.
    async with run.visit("t2", wish=None), run.visit("t2", wish="{}", agents=True):
        await run.until_true(lambda: one_each(run, "t2"))

    async def empty() -> bool:
        return not any([await run.agents(room) for room in ("t0", "t1", "t2")])

    await run.until_true(empty)
    wanted = '{"profile":"guard"}'
    async with run.api() as lkapi:
        for room in (ROOM, "elsewhere"):
            await lkapi.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(agent_name="pressbox", room=room, metadata=wanted)
            )
    await run.until(lambda: run.said(f"{first} comments in room {ROOM} already"))
    await run.until_true(lambda: one_each(run, ROOM, "elsewhere"))
    assert await run.agents() == [first]
    known = [first, *await run.agents("elsewhere")]
    os.kill(run.children()["agent"], signal.SIGKILL)

    async def other_ones() -> bool:
        here, there = await run.agents(), await run.agents("elsewhere")
        return len(here) == len(there) == 1 and not {*here, *there} & {*known}

    await run.until_true(other_ones)
    assert [await run.dispatches(room) for room in (ROOM, "elsewhere")] == [[""], [wanted]]
    assert await run.end(signal.SIGTERM) == 0
    assert await run.left_over() == set()


async def test_rooms_that_want_a_commentator_and_how_many_there_are(
    start: Callable[..., Awaitable[Running]],
) -> None:
    """Limit 2: the launcher's own room, then those that wait longest."""
    run = await start("SOURCE=none", "AGENT_LOAD_LIMIT=2")
    await run.ready()
    async with run.visit("quiet", wish=None), run.visit("first", wish='{"mode":"idle"}'):
        await run.until_true(lambda: one_each(run, "first"))
        async with run.visit("second", attributes={"pressbox.ingress": "{}"}):
            await run.until(lambda: run.said("room second waits: all 2 commentators are busy"))
            async with run.visit("third", wish=""):
                await run.until(lambda: run.said("room third waits"))
                assert "all 2 commentators are busy" in await run.note("third")
                await run.send_away("first")
                await run.until_true(lambda: one_each(run, "second"))
                assert await run.agents("third") == []
                assert await run.note("second") == ""
        assert await run.agents("first") == []
        assert await run.agents("quiet") == []
        assert len([line for line in run.lines if "waits: all" in line]) == 2
    said = len(run.lines)
    assert await run.end() == 0
    assert not alarming(run.lines[said:])
    assert await run.left_over() == set()


async def test_a_camera_that_is_away_holds_nothing_up_and_no_one_sees_its_password(
    start: Callable[..., Awaitable[Running]],
) -> None:
    secrets = ("p@ssw", "p%40ssw", "hunter2", "t0ken-value")
    where = f"127.0.0.1:{free_port()}/a"
    run = await start(f"SOURCE=rtsp://admin:p@ssw@{where}?password=hunter2&token=t0ken-value")
    seen: list[str] = []

    def ready() -> bool:
        if run.lines:  # before that it may still have to hide them
            seen.append(command_lines(run.process.pid))
        return run.said("open http")

    await run.until(ready)
    await run.until(lambda: run.said("nobody listens"))
    seen.append(command_lines(run.process.pid))
    async with aiohttp.ClientSession() as session:
        for url in (
            f"http://127.0.0.1:{run.ports['web']}/api/sources",
            f"http://127.0.0.1:{run.ports['ingress']}/metrics",
            f"http://127.0.0.1:{run.ports['ingress']}/health",
        ):
            async with session.get(url) as answer:
                assert answer.status == 200
                seen.append(await answer.text())
    run.children()
    assert await run.end() == 0
    assert await run.left_over() == set()
    assert "python run.py" in seen[-4]
    assert f"SOURCE=rtsp://{where}" in seen[-4]
    assert '"name": "127.0.0.1"' in seen[-3]
    for secret in secrets:
        assert secret not in run.text
        assert secret not in "\n".join(seen)


async def test_a_file_that_cannot_be_read_stops_the_start(
    start: Callable[..., Awaitable[Running]], tmp_path: Path
) -> None:
    (tmp_path / "garbage.mp4").write_bytes(b"no film" * 1000)
    run = await start(f"SOURCE={tmp_path / 'garbage.mp4'}")
    assert await run.ended(60) == 1
    (error,) = [line for line in run.lines if line.startswith("run      | error: ")]
    assert error.startswith("run      | error: SOURCE=garbage.mp4: ")
    assert await run.left_over() == set()
