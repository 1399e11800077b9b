"""Rules for all rooms: STATE_DIR/rules.yaml, a list, read again when it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import yaml

from config.alert_rule import MOST_RULES, Rule, RuleError, key, rule
from config.tasks import Tasks, Tell

NAME = "rules.yaml"
LOOK_EVERY = 3.0
"""Seconds between two looks at the file."""
LARGEST = 256 * 1024
"""Bytes of the file."""


def read(text: str) -> tuple[tuple[Rule, ...], list[str]]:
    """The rules of a file that are right, and what is wrong with the rest, one line each."""
    if len(text) > LARGEST:
        return (), [f"{NAME} is larger than {LARGEST // 1024} KiB"]
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
        if root is None:
            return (), []
        if not isinstance(root, yaml.SequenceNode):
            return (), [f"{NAME} line {root.start_mark.line + 1}: it holds a list of rules"]
        found: dict[str, Rule] = {}
        problems = []
        for node in root.value:
            where = f"{NAME} line {node.start_mark.line + 1}"
            try:
                one = rule(loader.construct_object(node, deep=True))
                _add(one, found)
            except RuleError as error:
                problems.append(f"{where}: {error}")
        return tuple(found.values()), problems
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        return (), [f"{NAME}{f' line {mark.line + 1}' if mark else ''} is not valid YAML"]
    finally:
        if loader is not None:
            loader.dispose()


def _add(one: Rule, found: dict[str, Rule]) -> None:
    if key(one.name) in found:
        raise RuleError(f"rule {one.name}: name: there is another rule of that name")
    if len(found) >= MOST_RULES:
        raise RuleError(f"rule {one.name}: at most {MOST_RULES} rules")
    found[key(one.name)] = one


class RulesFile:
    """Watches the file. Belongs to one event loop."""

    def __init__(
        self, folder: Path, *, changed: Callable[[tuple[Rule, ...]], None], tell: Tell
    ) -> None:
        """`changed` is called with the rules whenever the file is another one."""
        self._path = folder / NAME
        self._changed = changed
        self._tell = tell
        self._tasks = Tasks(tell)
        self._seen: tuple[int, int] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._tasks.keep("the file of rules", self._run)

    async def aclose(self) -> None:
        """Stop. Idempotent."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        while True:
            text = await asyncio.to_thread(self._news)
            if text is not None:
                found, problems = read(text)
                self._changed(found)
                for problem in problems:
                    self._tell(problem)
            await asyncio.sleep(LOOK_EVERY)

    def _news(self) -> str | None:
        """The text of the file where it has changed, "" where it has gone; else None."""
        try:
            state = self._path.stat()
            seen = (state.st_mtime_ns, state.st_size)
            text = None
            if seen != self._seen:
                with self._path.open("rb") as file:
                    text = file.read(LARGEST + 1).decode("utf-8", errors="replace")
        except OSError:
            seen, text = (0, 0), ""
        if seen == self._seen:
            return None
        self._seen = seen
        return text
