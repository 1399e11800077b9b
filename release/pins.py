"""Whether everything that is installed is pinned to one content, and names no host. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==[^\s;]+")


def names(requirements: str) -> Iterator[str]:
    """The packages of a list that `make requirements` wrote."""
    yield from (match.group(1) for line in _entries(requirements) if (match := _NAME.match(line)))


def loose_requirements(requirements: str) -> list[str]:
    """What is wrong in such a list, a line each."""
    return [
        f"{line.split(' ')[0]} is not pinned with a hash, or names a host"
        for line in _entries(requirements)
        if not _NAME.match(line) or "--hash=sha256:" not in line or "://" in line
    ]


def loose_packages(lock: Mapping[str, Any]) -> list[str]:
    """What is wrong in package-lock.json, a line each."""
    return [
        f"{path.removeprefix('node_modules/')} names a host, or has no hash"
        for path, package in lock["packages"].items()
        if path and ("resolved" in package or "integrity" not in package)
    ]


def _entries(requirements: str) -> Iterator[str]:
    for line in requirements.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line.strip()
