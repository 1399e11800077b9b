"""A scenario run by the worker in question and by that of another checkout, and written down."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

Measured = TypeVar("Measured")
Scenario = Callable[[Path, Path | None], Awaitable[Measured]]
"""Gets the folder for its logs, and the checkout whose worker it is; None: this one."""


class Runs:
    """What the command line asked for."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    async def _both(
        self, name: str, scenario: Scenario[Measured], *, beside: bool = False
    ) -> tuple[Measured, Measured | None]:
        """The scenario with the worker in question and with that of --baseline, if there is one;
        beside: at the same time.
        """
        agent, old = self._options.agent, self._options.baseline
        if old is None:
            return await self._kept(name, scenario, agent), None
        runs = (
            self._kept(f"{name}-baseline", scenario, old),
            self._kept(name, scenario, agent),
        )
        if beside:
            before, now = await asyncio.gather(*runs)
        else:
            before, now = await runs[0], await runs[1]
        return now, before

    async def _kept(self, name: str, scenario: Scenario[Measured], agent: Path | None) -> Measured:
        """What a scenario measures; it is also written down."""
        folder = self._folder(name)
        run = await scenario(folder, agent)
        plain = json.dumps(run, default=asdict)
        await asyncio.to_thread((folder / "result.json").write_text, plain)
        return run

    def _folder(self, name: str) -> Path:
        folder: Path = self._options.out / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
