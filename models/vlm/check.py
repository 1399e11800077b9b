"""What `python -m models check` says of a vision-language model: whether this machine keeps up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from config.settings import Settings
from models import model_folders
from models.check_report import CheckReport
from models.engine import EngineError, GenerationRequest, Picture
from models.runtime.frames import Frames
from models.runtime.prompt import build
from models.vlm.checkpoint import EXAMPLE, Checkpoint
from models.vlm.session import Session

TOKENS = 24
"""Of the line that is measured: a short sentence."""
SPEAKING = 7.0
"""Seconds that it takes to say; whoever makes the next line within them never falls silent."""
_SYSTEM = "You are a reporter. Say in one short sentence what happens."
_PACKAGES = ("torch", "torchvision", "transformers")


@dataclass(frozen=True, slots=True)
class Pace:
    """What was measured.

    Attributes:
        frames: Pictures of the window.
        seconds: For a line about them of TOKENS tokens, with pictures that were never seen.
    """

    frames: int
    seconds: float

    @property
    def cycles(self) -> float:
        """Lines a minute."""
        return 60 / max(self.seconds, 1e-6)


def check(settings: Settings, model: str, device: str) -> CheckReport:
    """Looks at the model and lets it run; see `models.check.check`.

    Raises:
        EngineError: The model cannot be used at all.
    """
    folder = model_folders.resolve(model)
    checkpoint = Checkpoint.read(folder)
    report = CheckReport([f"model: {checkpoint.name} in {folder}"])
    report.environment("vlm", _PACKAGES)
    lines, ok = check_vlm(settings, checkpoint, device.split(",")[0])
    report.add(*lines, ok=ok)
    return report.next("vlm", folder)


def check_vlm(
    settings: Settings,
    checkpoint: Checkpoint,
    device: str,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[list[str], bool]:
    """Loads the model, measures a line with a window as in the settings and with one picture.

    Args:
        settings: For the window, the pace and the memory.
        checkpoint: The model.
        device: As in the setting ENGINE_DEVICE, one of them.
        clock: In seconds.

    Returns what was found, for people, and whether the model runs and keeps up.
    """
    lines: list[str] = []
    session = Session(checkpoint.folder, device, settings.engine_memory)
    try:
        session.open(lambda line: lines.append(f"device: {line}"))
        counts = dict.fromkeys((settings.frames_per_inference, 1))
        paces = [_measured(session, count, clock) for count in counts]
    except EngineError as error:
        return [*lines, f"verdict: it does not run here: {error}"], False
    finally:
        session.close()
    lines += [
        f"speed: {_pictures(pace.frames)} and {TOKENS} tokens in {pace.seconds:.1f} s, "
        f"{pace.cycles:.1f} cycles a minute"
        for pace in paces
    ]
    line, ok = verdict(paces, settings.inference_interval)
    return [*lines, f"verdict: {line}"], ok


def verdict(paces: list[Pace], interval: float) -> tuple[str, bool]:
    """Whether the machine keeps up, and what to change.

    Args:
        paces: With the window that is set first, with one picture last.
        interval: INFERENCE_INTERVAL, seconds from one window to the next.
    """
    whole, least = paces[0], paces[-1]
    asked = f"INFERENCE_INTERVAL={interval:g} asks for {60 / interval:.0f} a minute"
    if whole.seconds <= interval:
        return f"it keeps up: {asked}", True
    if whole.seconds <= SPEAKING:
        return (
            f"it keeps up with speech, a line of {TOKENS} tokens takes about {SPEAKING:g} s to "
            f"say; {asked}, which it does not reach",
            True,
        )
    frames = fitting(whole, least, SPEAKING)
    if frames:
        return f"too slow with {_pictures(whole.frames)}: FRAMES_PER_INFERENCE={frames}", False
    smaller = f"take a smaller model ({EXAMPLE} or its 256M), a GPU, or ENGINE=sketch"
    return f"too slow even with one picture, there will be long silences: {smaller}", False


def fitting(whole: Pace, least: Pace, seconds: float) -> int:
    """The most pictures whose line is done in ``seconds``, between two that were measured."""
    if least.seconds > seconds or whole.frames == least.frames:
        return 0
    each = (whole.seconds - least.seconds) / (whole.frames - least.frames)
    more = int((seconds - least.seconds) / each) if each > 0 else 0
    return min(whole.frames - 1, least.frames + more)


def _measured(session: Session, count: int, clock: Callable[[], float]) -> Pace:
    """A line of TOKENS tokens about pictures that are all new. Raises EngineError."""
    from models.vlm.generation import Sampling

    pictures = tuple(_picture(at, float(at - count + 1)) for at in range(count))
    request = GenerationRequest(system=_SYSTEM, text="What happens now?", pictures=pictures)
    sampling = Sampling(TOKENS, temperature=0.0, least=TOKENS)
    session.describer.forget()
    begin = clock()
    try:
        frames = list(Frames().decode(pictures))
        session.describer.describe(build(request, frames), frames, sampling, lambda _: None)
    except Exception as error:
        raise session.failure(error, begun=True) from error
    return Pace(count, clock() - begin)


def _pictures(count: int) -> str:
    return f"{count} picture{'s' * (count != 1)}"


def _picture(number: int, time: float) -> Picture:
    image = np.full((360, 640, 3), 120, np.uint8)
    cv2.rectangle(image, (60 + 40 * number, 120), (130 + 40 * number, 300), (30, 30, 200), -1)
    cv2.circle(image, (480 - 30 * number, 200), 50, (200, 120, 30), -1)
    return Picture(cv2.imencode(".jpg", image)[1].tobytes(), time)
