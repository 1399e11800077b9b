"""What models check says of a vision-language model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings import Settings
from models import registry
from models.engine import EngineStartError
from models.vlm.check import check


def settings(folder: Path, **changes: object) -> Settings:
    return Settings.model_validate({"engine": "vlm", "model_path": str(folder), **changes})


def steps(*seconds: float) -> Callable[[], float]:
    """A clock for measurements that take so many seconds, one after the other."""
    times = iter([time for second in seconds for time in (0.0, second)])
    return lambda: next(times)


def test_a_true_model_is_measured_on_this_machine(folder: Path) -> None:
    report = registry.check(settings(folder), str(folder), "cpu")
    speeds = [line for line in report.lines if line.startswith("speed: ")]
    assert len(speeds) == 2
    assert any(line.startswith("verdict: ") for line in report.lines)
    with pytest.raises(EngineStartError, match="is not there"):
        check(settings(folder), str(folder / "none"), "cpu")


@pytest.mark.parametrize(
    ("seconds", "ok", "words"),
    [
        ((0.9, 0.5), True, "it keeps up: INFERENCE_INTERVAL=1 asks for 60 a minute"),
        ((5.0, 2.0), True, "keeps up with speech"),
        ((13.0, 4.0), False, "FRAMES_PER_INFERENCE=2"),
        ((40.0, 20.0), False, "smaller model"),
    ],
)
def test_verdict_says_what_to_change(
    folders: dict[str, Path], seconds: tuple[float, float], ok: bool, words: str
) -> None:
    folder = folders["smolvlm"]
    report = check(settings(folder), str(folder), "cpu", steps(*seconds))
    assert report.ok is ok
    assert words in report.lines[-2]
    assert f"{60 / seconds[0]:.1f} cycles a minute" in "\n".join(report.lines)
