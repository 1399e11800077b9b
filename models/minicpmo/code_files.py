"""Whether the code that a checkpoint brings along, and that is run, is all there. Pure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

NEEDED = ("AutoConfig", "AutoModel")
_RELATIVE = re.compile(r"^\s*from\s+\.([\w.]+)\s+import", re.MULTILINE)


class CodeError(Exception):
    """Code that is missing; the text says which."""


def check(folder: Path, config: dict[str, Any]) -> tuple[Path, ...]:
    """All files of the code, with what they import from one another. Raises CodeError."""
    listed = config.get("auto_map")
    if not isinstance(listed, dict) or any(name not in listed for name in NEEDED):
        raise CodeError("config.json names no modelling code (auto_map)")
    waiting = [_file(folder, str(place)) for place in listed.values()]
    found: dict[Path, None] = {}
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        if not file.is_file():
            raise CodeError(f"its modelling code {file.name} is missing")
        found[file] = None
        text = file.read_text(encoding="utf-8", errors="replace")
        waiting += [folder / f"{name.replace('.', '/')}.py" for name in _RELATIVE.findall(text)]
    return tuple(sorted(found))


def _file(folder: Path, place: str) -> Path:
    """`module.Class` names the file; `repo--module.Class` one that is elsewhere."""
    if "--" in place:
        repo = place.split("--", 1)[0]
        raise CodeError(f"its modelling code is not in the folder but in {repo}")
    return folder / f"{place.rsplit('.', 1)[0].replace('.', '/')}.py"
