"""How many jobs a worker takes."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from agent.left_behind import HOST_ATTRIBUTE
from agent.places import Places
from tests.support.virtual_time import virtual


class Server:
    """LiveKit's worker: a job is on its way for a while, then both on its way and active."""

    def __init__(self) -> None:
        self.active_jobs: list[Any] = []
        self.refused: list[str] = []
        self.failing = False

    def offer(self, name: str) -> Any:
        async def accept(*, attributes: dict[str, str]) -> None:
            assert attributes[HOST_ATTRIBUTE]
            await asyncio.sleep(1.0)
            if self.failing:
                raise TimeoutError
            self.active_jobs.append(SimpleNamespace(job=SimpleNamespace(id=name)))
            await asyncio.sleep(0.1)

        async def reject(*, terminate: bool) -> None:
            assert not terminate
            self.refused.append(name)

        return SimpleNamespace(
            id=name, room=SimpleNamespace(name="studio"), accept=accept, reject=reject
        )


def places(server: Server, limit: int) -> Places:
    return Places(server, limit)  # type: ignore[arg-type]


@virtual
async def test_as_many_as_there_are_places_at_one_moment() -> None:
    server = Server()
    limited = places(server, 4)
    await asyncio.gather(*(limited.answer(server.offer(name)) for name in "abcdef"))
    assert len(server.active_jobs) == 4
    assert server.refused == ["e", "f"]
    assert 0.0 < limited.load() < 1.0


@virtual
async def test_a_job_that_has_begun_takes_one_place_not_two() -> None:
    server = Server()
    limited = places(server, 2)
    first = asyncio.create_task(limited.answer(server.offer("a")), name="first")
    await asyncio.sleep(1.05)
    await limited.answer(server.offer("b"))
    await first
    assert server.refused == []


@virtual
async def test_places_become_free() -> None:
    server = Server()
    limited = places(server, 1)
    server.failing = True
    (failed,) = await asyncio.gather(limited.answer(server.offer("a")), return_exceptions=True)
    assert isinstance(failed, TimeoutError)
    server.failing = False
    await limited.answer(server.offer("b"))
    server.active_jobs.clear()
    await limited.answer(server.offer("c"))
    assert server.refused == []
