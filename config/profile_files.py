"""Reads YAML files that people write by hand, each of a bounded size, and says in one line, with
file and line, why one is left out.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from config.explain import nearest, shown

MOST_BYTES = 64 * 1024
MOST_FILES = 200

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")

Signature = tuple[tuple[object, ...], ...]
"""Another one when something in a folder has changed."""

_Model = TypeVar("_Model", bound=BaseModel)


class _LeftOutError(ValueError):
    """A file or entry is left out; the text says where and why."""


class _PlainLoader(yaml.SafeLoader):
    """Without aliases: a few lines of them make gigabytes."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not taken", mark)
        return super().compose_node(parent, index)


def signature(folder: Path) -> Signature:
    """Blocks for some microseconds a file. A folder that is not there is an empty one."""
    found: list[tuple[object, ...]] = []
    for path in _files(folder):
        try:
            info = path.stat()
        except OSError:
            found.append((path.name,))
        else:
            found.append((path.name, info.st_mtime_ns, info.st_size, info.st_ino))
    return tuple(found)


def read_each(
    folder: Path, model: type[_Model], problems: list[str], *, but: str
) -> dict[str, _Model]:
    """One model from each `NAME.yaml` of the folder, except the file `but`; what is left out is
    added to `problems`.
    """
    found = {}
    paths = [path for path in _files(folder) if path.name != but]
    if len(paths) > MOST_FILES:
        problems.append(f"only the first {MOST_FILES} of {len(paths)} profiles are read")
    for path in paths[:MOST_FILES]:
        try:
            found[_name(path.stem, shown(path.name, secret=False))] = _model(model, *_parsed(path))
        except _LeftOutError as refused:
            problems.append(str(refused))
    return found


def read_entries(path: Path, model: type[_Model], problems: list[str]) -> dict[str, _Model]:
    """One model from each entry of a file that need not be there."""
    found: dict[str, _Model] = {}
    if not path.exists():
        return found
    try:
        where, data, node = _parsed(path)
    except _LeftOutError as refused:
        problems.append(str(refused))
        return found
    for key, entry in node.value:
        try:
            name = _name(key.value, f"{where}, line {_row(key)}")
            found[name] = _model(model, where, data.get(key.value), _mapping(entry, where))
        except _LeftOutError as refused:
            problems.append(str(refused))
    return found


def _files(folder: Path) -> list[Path]:
    try:
        found = [path for path in folder.iterdir() if path.suffix in (".yaml", ".yml")]
    except OSError:
        return []
    return sorted(path for path in found if not path.name.startswith("."))


def _name(name: object, where: str) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name):
        return name
    raise _LeftOutError(
        f"{where}: the name {shown(name, secret=False)} is not allowed: at most 32 of a-z, 0-9, - "
        "and _"
    )


def _parsed(path: Path) -> tuple[str, dict[Any, Any], yaml.MappingNode]:
    """Name for messages, what the file says, and the same with its lines."""
    where = shown(path.name, secret=False)
    text = _text(path, where)
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
        data: Any = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f", line {mark.line + 1}" if mark else ""
        raise _LeftOutError(f"{where}{line}: {error.problem or 'not valid YAML'}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else "not valid YAML"
        raise _LeftOutError(f"{where}: {why}") from None
    return where, data, _mapping(node, where)


def _text(path: Path, where: str) -> str:
    try:
        if not path.resolve(strict=True).is_relative_to(path.parent.resolve()):
            raise _LeftOutError(f"{where}: a link to somewhere else is not followed")
        if not stat.S_ISREG(path.stat().st_mode):
            raise _LeftOutError(f"{where}: not a file")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise _LeftOutError(f"{where}: larger than {MOST_BYTES // 1024} kB")
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise _LeftOutError(f"{where}: not UTF-8 text") from None
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        why = getattr(error, "strerror", None) or "a link that leads nowhere"
        raise _LeftOutError(f"{where}: not readable: {why}") from None


def _mapping(node: yaml.Node | None, where: str) -> yaml.MappingNode:
    if isinstance(node, yaml.MappingNode):
        return node
    line = f", line {_row(node)}" if node else ""
    raise _LeftOutError(f"{where}{line}: it must hold lines such as about: A sober guard.")


def _model(model: type[_Model], where: str, data: object, node: yaml.Node) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = first["loc"][0] if first["loc"] else ""
        why = first["msg"].removeprefix("Value error, ") or "not allowed"
        if first["type"] == "extra_forbidden":
            why = nearest(str(key), model.model_fields)
        said = f"{shown(key, secret=False)}: {why}" if key else why
        raise _LeftOutError(f"{where}, line {_line(node, first['loc'])}: {said}") from None


def _line(node: yaml.Node, place: Iterable[object]) -> int:
    """The line of what stands at that place, or of the nearest thing around it."""
    row = _row(node)
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = [(key, value) for key, value in node.value if key.value == str(part)]
            if not pairs:
                break
            row, node = _row(pairs[0][0]), pairs[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            row = _row(node)
    return row


def _row(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
