"""The engines there are, by name."""

from __future__ import annotations

from collections.abc import Callable

from models.engine import Engine


def _sketch() -> Engine:
    from models.sketch.engine import SketchEngine

    return SketchEngine()


ENGINES: dict[str, Callable[[], Engine]] = {"sketch": _sketch}
