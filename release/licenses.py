"""The licences of all that is installed, beside what `licenses.toml` allows."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, cast

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

from release import pins


@dataclass(frozen=True)
class Policy:
    """What is allowed (SPDX), what other words mean, what NOTICE has to tell of."""

    allow: frozenset[str]
    meant: Mapping[str, str]
    noticed: Mapping[str, str]
    notice: str

    @classmethod
    def read(cls, root: Path) -> Policy:
        """That of this repository."""
        told = tomllib.loads((root / "release" / "licenses.toml").read_text())
        notice = (root / "NOTICE").read_text()
        return cls(frozenset(told["allow"]), told["meant"], told["noticed"], notice)

    def objection(self, name: str, said: str) -> str:
        """Why a package that says this of its licence may not be used; empty: it may."""
        for pattern in self.noticed:
            if fnmatch.fnmatch(name, pattern):
                told = re.search(rf"(?<![\w-]){re.escape(pattern)}(?![\w-])", self.notice)
                return "" if told else f"{name}: NOTICE does not tell of it"
        expression = self._spdx(said)
        if not expression:
            return f"{name}: its licence is unknown ({said or 'it says nothing'})"
        if not _holds(expression, self.allow):
            return f"{name}: its licence is not on the list ({expression})"
        return ""

    def fill(self, bill: Mapping[str, Any], said: Mapping[str, str | None]) -> None:
        """Put the licence of each component of a bill of materials (CycloneDX) into it, as NOTICE
        has it, or by what packages of these names say; where neither is known, it stays without.
        """
        for component in bill["components"]:
            name = canonicalize_name(component["name"])
            noticed = (what for one, what in self.noticed.items() if fnmatch.fnmatch(name, one))
            if expression := next(noticed, "") or self._spdx(said.get(name) or ""):
                component["licenses"] = [{"expression": expression}]

    def said_by(self, metadata: Message) -> str:
        """What a Python package says of its licence: in SPDX where it does, else by classifier."""
        for said in (metadata["License-Expression"], metadata["License"]):
            if said and self._spdx(said):
                return str(said)
        classifiers = (each.split(" :: ") for each in metadata.get_all("Classifier", []))
        said = [words[-1] for words in classifiers if words[0] == "License" and len(words) > 2]
        return " AND ".join(self.meant.get(each, each) for each in said)

    def _spdx(self, said: str) -> str:
        try:
            return canonicalize_license_expression(self.meant.get(said, said))
        except InvalidLicenseExpression:
            return ""


def _holds(expression: str, allow: frozenset[str]) -> bool:
    """Whether these licences are enough for it: OR needs one side, AND, which binds, both."""
    while inner := re.search(r"\(([^()]*)\)", expression):
        stands_for = next(iter(allow)) if _holds(inner.group(1), allow) else "none"
        expression = expression[: inner.start()] + stands_for + expression[inner.end() :]
    ways = expression.split(" OR ")
    return any(all(part in allow for part in way.split(" AND ")) for way in ways)


def of_python(listed: Path, policy: Policy) -> Iterator[tuple[str, str | None]]:
    """Each package of requirements/NAME.txt and what it says; None: it is not installed here.

    It is looked for in the environment of that name (`.venv-vlm`), and else in `.venv`.
    """
    root = listed.parents[1]
    names = (".venv", f".venv-{listed.stem}")
    places = (place for name in names for place in root.glob(f"{name}/lib/*/site-packages"))
    installed = {
        canonicalize_name(each.metadata["Name"]): cast(Message, each.metadata)
        for each in distributions(path=[str(place) for place in places])
    }
    for name in map(canonicalize_name, pins.names(listed.read_text())):
        metadata = installed.get(name)
        yield name, policy.said_by(metadata) if metadata else None


def of_page(lock: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each package of package-lock.json and what it says."""
    for path, package in lock["packages"].items():
        if path:
            yield path.split("node_modules/")[-1], package.get("license", "")
