"""What `python -m models check` prints: what an engine's check found, for people."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

_REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(slots=True)
class CheckReport:
    """What was found.

    Attributes:
        lines: One thing a line.
        ok: Whether the model will run.
    """

    lines: list[str] = field(default_factory=list)
    ok: bool = True

    def add(self, *lines: str, ok: bool = True) -> None:
        """More that was found; once something is not ``ok``, the whole is not."""
        self.lines += lines
        self.ok = self.ok and ok

    def environment(self, engine: str, packages: Iterable[str]) -> None:
        """Which of an engine's packages are here as pinned, and which are not."""
        pins = _pins(_REQUIREMENTS / f"{engine}.txt")
        right, wrong = [], []
        for name in packages:
            pinned, here = pins.get(name), installed(name)
            if here is None:
                wrong.append(f"{name} is not installed")
            elif pinned in (None, here):
                right.append(f"{name} {here}")
            else:
                wrong.append(f"{name} is {here} and {pinned} is what was tested")
        self.add(f"environment: {', '.join(right) or 'nothing of what it needs'}")
        for line in wrong:
            self.add(f"environment: {line}: make engine-{engine}", ok=False)

    def next(self, engine: str, folder: Path) -> CheckReport:
        """The last line: what to do now."""
        go = f"make run ENGINE={engine} MODEL_PATH={folder}"
        self.add(f"next: {go}" if self.ok else "next: what is said above; then check again")
        return self


def installed(name: str) -> str | None:
    """The version of a package here."""
    try:
        # A build for one CUDA is named 2.8.0+cu128, and is that version nonetheless.
        return importlib.metadata.version(name).split("+", 1)[0]
    except importlib.metadata.PackageNotFoundError:
        return None


def _pins(path: Path) -> dict[str, str]:
    try:
        return dict(_PIN.findall(path.read_text(encoding="utf-8")))
    except OSError:
        return {}
