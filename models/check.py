"""`python -m models check`: will this model run here, and what is to be done if not."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from config.settings import Settings

_REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"
_PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found.

    Attributes:
        lines: For people, one thing a line.
        ok: Whether the model will run.
    """

    lines: list[str] = field(default_factory=list)
    ok: bool = True


def check(settings: Settings, model: str, device: str) -> CheckReport:
    """Looks at a model, the environment and the machine, as ``settings.engine`` needs them.

    Args:
        settings: Tells the engine and how much memory it may take.
        model: Folder or hub id.
        device: As in the setting ENGINE_DEVICE, `auto` included.

    Raises:
        EngineError: The model cannot be used at all; the line says what to do.
    """
    if settings.engine == "minicpmo":
        from models.minicpmo.report import report

        return report(model, device, settings.engine_memory)
    if settings.engine == "vlm":
        from models.vlm.check import check as check_vlm

        return check_vlm(settings, model, device)
    return CheckReport([f"the engine {settings.engine} needs no model: it runs on this machine"])


def versions(engine: str, packages: Iterable[str]) -> tuple[list[str], list[str]]:
    """What of an engine's pinned packages is here as pinned, and what is not, for people."""
    pins = _pins(_REQUIREMENTS / f"{engine}.txt")
    right, wrong = [], []
    for name in packages:
        pinned, here = pins.get(name), _installed(name)
        if here is not None and pinned in (None, here):
            right.append(f"{name} {here}")
        elif here is None:
            wrong.append(f"{name} is not installed")
        else:
            wrong.append(f"{name} is {here} and {pinned} is what was tested")
    return right, wrong


def _pins(path: Path) -> dict[str, str]:
    try:
        return dict(_PIN.findall(path.read_text(encoding="utf-8")))
    except OSError:
        return {}


def _installed(name: str) -> str | None:
    try:
        # A build for one CUDA is named 2.8.0+cu128, and is that version nonetheless.
        return importlib.metadata.version(name).split("+", 1)[0]
    except importlib.metadata.PackageNotFoundError:
        return None
