"""The version: `pyproject.toml` has it, some other files have to say the same."""

from __future__ import annotations

import re
from pathlib import Path

ORIGIN = "pyproject.toml"
PLACES = {
    ORIGIN: (r'^version = "([^"]+)"', 1),
    "plugin/livekit/plugins/pressbox/version.py": (r'^__version__ = "([^"]+)"', 1),
    "web/ui/package.json": (r'^  "version": "([^"]+)"', 1),
    "web/ui/package-lock.json": (r'^ +"version": "([^"]+)"', 2),  # the file's own come first
    "deploy/helm/pressbox/Chart.yaml": (r'^(?:v|appV)ersion: "?([0-9][^"\s]*)', 2),
}
"""Where it stands: a pattern whose group is the version, and how often from the top."""


def version(root: Path) -> str:
    """The version that `pyproject.toml` has. Raises ValueError where there is none."""
    return _found(root, ORIGIN)[0].group(1)


def disagreements(root: Path) -> list[str]:
    """One line for each file that says another version than `pyproject.toml`."""
    right = version(root)
    said = {place: {match.group(1) for match in _found(root, place)} for place in PLACES}
    return [
        f"{place} says {' and '.join(sorted(words))}, {ORIGIN} {right}"
        for place, words in said.items()
        if words != {right}
    ]


def set_version(root: Path, new: str) -> None:
    """Write it everywhere. Raises ValueError unless it is of the form 1.2.3."""
    if not re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", new):
        raise ValueError(f"version {new!r}: three numbers are needed, such as 1.2.3")
    for place in PLACES:
        text = (root / place).read_text()
        for match in reversed(_found(root, place)):
            text = text[: match.start(1)] + new + text[match.end(1) :]
        (root / place).write_text(text)


def _found(root: Path, place: str) -> list[re.Match[str]]:
    pattern, often = PLACES[place]
    found = list(re.finditer(pattern, (root / place).read_text(), re.MULTILINE))[:often]
    if len(found) < often:
        raise ValueError(f"{place}: no version where it is looked for")
    return found
