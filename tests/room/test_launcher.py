"""`run.py` as a whole: start, the death of this and that, and an end that leaves nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from livekit import api

from tests.support.launched import ROOM, Running
from tests.unit.launcher.scripted import running

pytestmark = pytest.mark.timeout(240)


@pytest_asyncio.fixture
async def start(
    livekit_binary: Path, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Running]]]:
    started: list[Running] = []

    async def begin(*words: str) -> Running:
        run = await Running.start(livekit_binary, tmp_path / f"state{len(started)}", *words)
        started.append(run)
        return run

    yield begin
    for run in started:
        if run.process.returncode is None:
            await run.end(signal.SIGKILL)
        await run.end()


async def test_start_recovery_and_end(start: Callable[..., Awaitable[Running]]) -> None:
    run = await start()
    address = f"open http://127.0.0.1:{run.web_port}"
    await run.until(lambda: run.said(address))
    assert len([line for line in run.lines if "open http" in line]) == 1
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{run.web_port}/health") as answer,
    ):
        assert answer.status == 200
    children = run.children()
    wanted = {"livekit-server", "agent", "web", "ingress", "models", "launcher.reaper"}
    assert children.keys() == wanted
    (first,) = await run.agents()

    async def another_agent() -> bool:
        agents = await run.agents()
        return len(agents) == 1 and agents != [first]

    os.kill(children["agent"], signal.SIGKILL)
    await run.until_true(another_agent)

    children = run.children()
    os.kill(children["livekit-server"], signal.SIGKILL)
    await run.until(lambda: run.said("livekit was ended by SIGKILL"))

    async def one_agent() -> bool:
        return len(await run.agents()) == 1

    await run.until_true(one_agent)

    os.kill(children["web"], signal.SIGKILL)
    assert await run.end() == 0
    assert run.lines[-1].endswith("everything has ended")
    assert await run.left_over() == set()
    assert run.key[1] not in run.text


async def test_dispatches_of_other_people(start: Callable[..., Awaitable[Running]]) -> None:
    run = await start("SOURCE=none")
    await run.until(lambda: run.said("open http"))
    (first,) = await run.agents()
    wanted = '{"profile":"guard"}'
    async with run.api() as lkapi:
        for room in (ROOM, "elsewhere"):
            await lkapi.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(agent_name="pressbox", room=room, metadata=wanted)
            )

    async def one_each() -> bool:
        here, there = await run.agents(), await run.agents("elsewhere")
        return len(here) == len(there) == 1 and here != [first]

    await run.until_true(one_each)
    known = await run.agents() + await run.agents("elsewhere")
    os.kill(run.children()["agent"], signal.SIGKILL)

    async def other_ones() -> bool:
        here, there = await run.agents(), await run.agents("elsewhere")
        return len(here) == len(there) == 1 and not {*here, *there} & {*known}

    await run.until_true(other_ones)
    async with run.api() as lkapi:
        for room in (ROOM, "elsewhere"):
            listed = await lkapi.agent_dispatch.list_dispatch(room)
            assert [entry.metadata for entry in listed if entry.agent_name] == [wanted]
    assert await run.end(signal.SIGTERM) == 0
    assert await run.left_over() == set()


async def test_a_killed_launcher_leaves_nothing(start: Callable[..., Awaitable[Running]]) -> None:
    run = await start("SOURCE=none")
    await run.until(lambda: run.said("open http"))
    assert "ingress" not in run.children()
    await run.end(signal.SIGKILL)
    assert await run.left_over() == set()
    assert not any(running(pid) for pid in run.sessions)


async def test_a_port_in_use_stops_the_start(start: Callable[..., Awaitable[Running]]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = await start(f"WEB_PORT={port}")
        assert await run.process.wait() == 1
        await run.end()
    assert run.lines[0].startswith(f"run      | error: port {port} (the page) is in use")
    assert run.lines[1:] == ["run      | everything has ended"]


async def test_a_child_that_dies_at_start(start: Callable[..., Awaitable[Running]]) -> None:
    run = await start("ENGINE=no-such-engine", "SOURCE=none")
    await asyncio.wait_for(run.process.wait(), 60)
    await run.end()
    errors = [line for line in run.lines if line.startswith("run      | error: ")]
    assert len(errors) == 1
    assert "engine ended with status" in errors[0]
    assert run.process.returncode == 1
    assert await run.left_over() == set()
