"""Sections of CHANGELOG.md, which keeps the form of Keep a Changelog. Pure."""

from __future__ import annotations

import datetime
import re

_UNRELEASED = "## [Unreleased]"


def section(text: str, version: str) -> str:
    """What has changed in this version, without its heading; empty: there is no such section."""
    head = rf"^## \[{re.escape(version)}\][^\n]*\n"
    found = re.search(rf"{head}(.*?)(?=^## \[|^\[[^\]]+\]: |\Z)", text, re.MULTILINE | re.DOTALL)
    return found.group(1).strip() if found else ""


def released(text: str, version: str, day: datetime.date) -> str:
    """The changelog with all that was unreleased under this version, and an empty [Unreleased].

    Raises ValueError where nothing is unreleased, or the version has a section already.
    """
    if section(text, version):
        raise ValueError(f"CHANGELOG.md has a section {version} already")
    if not section(text, "Unreleased"):
        raise ValueError("CHANGELOG.md has nothing under [Unreleased]")
    return text.replace(_UNRELEASED, f"{_UNRELEASED}\n\n## [{version}] - {day.isoformat()}", 1)
