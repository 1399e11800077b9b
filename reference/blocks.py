"""Shell commands in a document, and which of them no test runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

_SHELL = ("", "sh", "bash", "console")
_LIST = Path(__file__).with_name("not_run.yaml")
NOT_RUN: dict[str, list[str]] = yaml.safe_load(_LIST.read_text("utf-8"))
"""Beginnings of commands that no test runs, by why."""


@dataclass(frozen=True, slots=True)
class Block:
    """Commands that stand together. `line` is the one behind it, counted from 0."""

    line: int
    commands: tuple[str, ...]


def blocks(text: str) -> Iterator[Block]:
    """Those that are indented by four spaces, and fenced ones without a language or of a shell."""
    lines, found = [*text.splitlines(), ""], list[str]()
    fence, indented, before = None, False, ""
    for number, line in enumerate(lines):
        if line.startswith("```"):
            if fence in _SHELL and found:
                yield Block(number + 1, _commands(found))
            fence = line[3:].strip() if fence is None else None
            found = []
        elif fence is not None:
            found.append(line)
        elif line.startswith("    ") and (indented or not before.strip()):
            indented = True
            found.append(line[4:])
        elif indented and line.strip():
            yield Block(number, _commands(found))
            found, indented = [], False
        before = line


def why_not_run(command: str) -> str:
    """Why no test runs it, "" for one that a test does run."""
    for why, beginnings in NOT_RUN.items():
        if command.startswith(tuple(beginnings)):
            return why
    return ""


def _commands(lines: list[str]) -> tuple[str, ...]:
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return tuple(line.strip() for line in joined if line.strip() and not line.startswith("#"))
