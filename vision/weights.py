"""The detector's weights: which they are, where they come from, where they lie."""

from __future__ import annotations

from pathlib import Path

from config.folders import cache_dir

VERSION = "0.1.1rc0"
URL = f"https://github.com/Megvii-BaseDetection/YOLOX/releases/download/{VERSION}/yolox_nano.onnx"
SHA256 = frozenset(
    {
        "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
        "e8af074932d4ed7e232278e3055cefcdea3edf178874a3694ae292649fb464dd",
    }
)
"""Two exports of the same network, both official: they answer alike."""


def fetched() -> Path:
    """Where the launcher puts them; they need not be there."""
    return cache_dir() / "yolox" / VERSION / "yolox_nano.onnx"


def find(setting: str) -> Path | None:
    """The file that the setting DETECTOR means; None: it is off, or nothing was fetched yet."""
    if setting == "off":
        return None
    if setting != "auto":
        return Path(setting)
    return fetched() if fetched().is_file() else None
