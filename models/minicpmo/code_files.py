"""Whether the code that a checkpoint brings along, and that is run, is all there. Pure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from models.runtime.model_config import IncompleteError

NEEDED = ("AutoConfig", "AutoModel")
_RELATIVE = re.compile(r"^\s*from\s+\.([\w.]+)\s+import", re.MULTILINE)


def check(folder: Path, config: dict[str, Any]) -> None:
    """Looks for what `auto_map` names, and what that imports. Raises IncompleteError."""
    listed = config.get("auto_map")
    if not isinstance(listed, dict) or any(name not in listed for name in NEEDED):
        raise IncompleteError("config.json names no modelling code (auto_map)")
    waiting = [_module(str(place)) for place in listed.values()]
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in found:
            continue
        found.add(module)
        file = folder / f"{module.replace('.', '/')}.py"
        if not file.is_file():
            raise IncompleteError(f"its modelling code {file.name} is missing")
        waiting += _RELATIVE.findall(file.read_text(encoding="utf-8", errors="replace"))


def _module(place: str) -> str:
    """`module.Class` names the file; `repo--module.Class` one that is elsewhere."""
    if "--" in place:
        repo = place.split("--", 1)[0]
        raise IncompleteError(f"its modelling code is not in the folder but in {repo}")
    return place.rsplit(".", 1)[0]
