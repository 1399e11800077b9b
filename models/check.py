"""`python -m models check`: will this model run here, and what is to be done if not."""

from __future__ import annotations

from config.settings import Settings
from models.check_report import CheckReport


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
