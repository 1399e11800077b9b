"""Rules for all rooms: STATE_DIR/rules.yaml, a list, read again when it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import yaml

from config.alert_rule import Rule, RuleError, rule, rules
from config.tasks import Tell

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
        found: tuple[Rule, ...] = ()
        problems = []
        for node in root.value:
            try:
                found = rules([*found, rule(loader.construct_object(node, deep=True))])
            except RuleError as error:
                problems.append(f"{NAME} line {node.start_mark.line + 1}: {error}")
        return found, problems
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        return (), [f"{NAME}{f' line {mark.line + 1}' if mark else ''} is not valid YAML"]
    finally:
        if loader is not None:
            loader.dispose()


async def follow(folder: Path, changed: Callable[[tuple[Rule, ...]], None], tell: Tell) -> None:
    """Watch the file for ever; `changed` is called with the rules whenever it is another one."""
    seen = None
    while True:
        before = seen
        seen, text = await asyncio.to_thread(_look, folder / NAME, before)
        if seen != before:
            found, problems = read(text)
            changed(found)
            for problem in problems:
                tell(problem)
        await asyncio.sleep(LOOK_EVERY)


def _look(path: Path, before: tuple[int, int] | None) -> tuple[tuple[int, int], str]:
    """What tells this state of the file from another one, and its text where it is another one than
    before; "" where there is none.
    """
    try:
        state = path.stat()
        seen = (state.st_mtime_ns, state.st_size)
        if seen == before:
            return seen, ""
        with path.open("rb") as file:
            return seen, file.read(LARGEST + 1).decode("utf-8", errors="replace")
    except OSError:
        return (0, 0), ""
