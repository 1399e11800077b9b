"""The engines there are, by name. Each is imported only when it is made or checked."""

from __future__ import annotations

from collections.abc import Callable

from config.settings import Settings
from models.check import CheckReport
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
        from models.minicpmo.check import check as check_minicpmo

        return check_minicpmo(model, device, settings.engine_memory)
    if settings.engine == "vlm":
        from models.vlm.check import check as check_vlm

        return check_vlm(settings, model, device)
    return CheckReport([f"the engine {settings.engine} needs no model: it runs on this machine"])
