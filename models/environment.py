"""Which Python an engine runs in: heavy ones have an environment of their own, made by make."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SEPARATE = ("minicpmo", "vlm")
"""Engines that do not run in the environment of everything else."""


class EnvironmentMissingError(ValueError):
    """The engine's environment was never made; the text says how."""


def enter(engine: str, arguments: Sequence[str]) -> None:
    """Goes on as `python -m models ARGUMENTS` in the engine's environment, where it has one.

    The process stays the same one, so that whoever supervises it notices nothing. Returns when
    this is the right environment. Raises EnvironmentMissingError.
    """
    python = python_of(engine)
    if python is not None:
        os.chdir(ROOT)
        os.execv(python, [str(python), "-m", "models", *arguments])  # noqa: S606 - no shell


def python_of(engine: str) -> Path | None:
    """The Python of an engine's environment, None when the present one is right.

    Raises EnvironmentMissingError.
    """
    venv = ROOT / f".venv-{engine}"
    if engine not in SEPARATE or Path(sys.prefix) == venv:
        return None
    python = venv / "bin" / "python"
    if python.is_file():
        return python
    if importlib.util.find_spec("transformers") is not None:
        return None  # somebody made an environment in a way of their own
    raise EnvironmentMissingError(
        f"the engine {engine} needs an environment of its own: make engine-{engine}"
    )
