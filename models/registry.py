"""The engines there are, by name. Each is imported only when it is made."""

from __future__ import annotations

from collections.abc import Callable

from config.settings import Settings
from models.engine import Engine


def _sketch(settings: Settings) -> Engine:
    from models.sketch.engine import SketchEngine

    return SketchEngine(settings.detector)


def _minicpmo(settings: Settings) -> Engine:
    from models.minicpmo.engine import MiniCPMoEngine

    return MiniCPMoEngine.from_settings(settings)


def _vlm(settings: Settings) -> Engine:
    from models.vlm.engine import VlmEngine

    return VlmEngine.from_settings(settings)


ENGINES: dict[str, Callable[[Settings], Engine]] = {
    "sketch": _sketch,
    "minicpmo": _minicpmo,
    "vlm": _vlm,
}
