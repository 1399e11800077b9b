"""The client of one engine or several: OpenAI chat completions, streamed, with text and speech."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from livekit.plugins.pressbox.engine import (
    Delta,
    EngineClient,
    EngineError,
    EngineRequest,
    EngineTimeout,
    EngineUnavailable,
)

from agent.engine.dialects import by_api, recognised
from agent.engine.pool import EnginePool, one_answer
from config.tasks import Tasks

REACH_GRACE = 0.5
"""Seconds that the other engines have to answer once the first one has."""
SLOW = 2.0
"""Seconds without a word after which the next request goes to an engine that is as good."""
REFUSES_NOW = frozenset({429, 502, 503, 504})
"""Statuses of an engine that may serve later: another one may serve at once."""


class Engines:
    """Speaks to one engine server, or to the least busy of several.

    What kind of engine each is, is found out at the first contact unless ``api`` says it. Where
    several are given, one that does not answer or refuses because it is full is passed over at
    once, and used again when it is seen to be back.
    """

    def __init__(
        self,
        base_url: str | Sequence[str],
        *,
        api: str = "auto",
        api_key: str = "",
        model: str = "",
        must_see: bool = True,
    ) -> None:
        """``base_url``: several, or one text with commas between; ``api``: one of `by_api`'s names.
        The rest is as for `EngineClient`. Raises ValueError.
        """
        self._endpoints = [
            EngineClient(
                url,
                api_key=api_key,
                model=model,
                must_see=must_see,
                dialect=by_api(api),
                recognise=recognised,
            )
            for url in _addresses(base_url)
        ]
        self._pool = EnginePool(len(self._endpoints))
        self._looks = Tasks(lambda _: None)

    @property
    def model(self) -> str:
        """The model's name, empty while it is not known."""
        last = self._endpoints[self._pool.last]
        return next((one.model for one in (last, *self._endpoints) if one.model), "")

    @property
    def speaks(self) -> bool | None:
        """False: no engine here gives speech. None: not known, or not all are the same."""
        return one_answer([endpoint.speaks for endpoint in self._known()])

    @property
    def hears(self) -> bool:
        """Whether spoken questions (``input_audio``) may be sent."""
        return one_answer([endpoint.hears for endpoint in self._known()]) is True

    async def reach(self) -> None:
        """Check that an engine answers, and learn what it is and its model's name."""
        tasks = [
            asyncio.create_task(self._reach(index), name=f"pressbox-engine-{index}")
            for index in range(len(self._endpoints))
        ]
        failures: list[EngineError] = []
        try:
            for reached in asyncio.as_completed(tasks):
                if (failure := await reached) is None:
                    await asyncio.wait(tasks, timeout=REACH_GRACE)
                    return
                failures.append(failure)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        raise _worst(failures)

    async def stream(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        """The answer, piece by piece; closing the generator cancels the request.

        Raises:
            EngineError: Also in the midst of an answer.
        """
        self._look()
        failures: list[EngineError] = []
        urgent = request.kind != "commentary"
        for index in self._pool.order(time.monotonic(), urgent=urgent):
            begun = False
            try:
                async with aclosing(self._stream_from(index, request)) as deltas:
                    async for delta in deltas:
                        begun = True
                        yield delta
                return
            except EngineError as failure:
                if _absent(failure):
                    self._pool.failed(index, time.monotonic())
                if begun or not _absent(failure):
                    raise
                failures.append(failure)
        raise _worst(failures)

    async def aclose(self) -> None:
        await self._looks.aclose()
        await asyncio.gather(*(endpoint.aclose() for endpoint in self._endpoints))

    async def _stream_from(self, index: int, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        started, answered = time.monotonic(), False
        self._pool.started(index)
        try:
            async with aclosing(self._endpoints[index].stream(request)) as deltas:
                async for delta in deltas:
                    answered = True
                    self._pool.answered(index, urgent=request.kind != "commentary")
                    yield delta
        finally:
            self._pool.ended(index)
            if not answered and time.monotonic() - started > SLOW:
                self._pool.passed_over(index)

    async def _reach(self, index: int) -> EngineError | None:
        try:
            await self._endpoints[index].reach()
        except BaseException as failure:
            self._pool.failed(index, time.monotonic())
            if isinstance(failure, EngineError):
                return failure
            raise
        self._pool.reached(index)
        return None

    def _look(self) -> None:
        """See, beside the request and not before it, which engines are there and how busy."""
        if len(self._endpoints) == 1:
            return
        for index in self._pool.due(time.monotonic()):
            self._looks.once(f"a look at engine {index}", self._see(index))

    async def _see(self, index: int) -> None:
        endpoint = self._endpoints[index]
        try:
            if not endpoint.contacted:
                await endpoint.reach()
            busy = await endpoint.busy()
        except EngineError:
            self._pool.failed(index, time.monotonic())
        else:
            self._pool.seen(index, busy, time.monotonic())

    def _known(self) -> list[EngineClient]:
        return [endpoint for endpoint in self._endpoints if endpoint.contacted]


def _addresses(base_url: str | Sequence[str]) -> list[str]:
    """The addresses, each once, at least one (which may be empty and is then refused)."""
    urls = base_url.split(",") if isinstance(base_url, str) else base_url
    return list(dict.fromkeys(url.strip() for url in urls)) or [""]


def _absent(failure: EngineError) -> bool:
    """Whether the engine is not there or will not serve now, so that another one may."""
    if isinstance(failure, EngineTimeout):
        return failure.unreached
    if not isinstance(failure, EngineUnavailable):
        return False
    return failure.status is None or failure.status in REFUSES_NOW


def _worst(failures: Sequence[EngineError]) -> EngineError:
    """The failure to tell when no engine serves: that of one which is at least there."""
    there = [one for one in failures if isinstance(one, EngineUnavailable) and one.status]
    rejected = [one for one in failures if not _absent(one)]
    return (rejected or there or list(failures))[-1]
