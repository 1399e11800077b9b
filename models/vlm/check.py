"""What `python -m models check` says of a vision-language model: whether this machine keeps up."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import cv2
import numpy as np

from config.settings import Settings
from models import model_folders
from models.check import CheckReport
from models.engine import EngineError, GenerationRequest, Picture
from models.runtime.frames import Frames
from models.runtime.prompt import build
from models.runtime.sampling import Sampling
from models.vlm.checkpoint import EXAMPLE, Checkpoint
from models.vlm.session import Session

TOKENS = 24
"""Of the line that is measured: a short sentence."""
SPEAKING = 7.0
"""Seconds that it takes to say; whoever makes the next line within them never falls silent."""
_SYSTEM = "You are a reporter. Say in one short sentence what happens."
_PACKAGES = ("torch", "torchvision", "transformers")


def check(
    settings: Settings, model: str, device: str, clock: Callable[[], float] = time.perf_counter
) -> CheckReport:
    """Loads the model, and measures a line with a window as in the settings and with one picture.

    Args:
        settings: For the window, the pace and the memory.
        model: Folder or hub id.
        device: As in the setting ENGINE_DEVICE; the first one is taken.
        clock: In seconds.

    Raises:
        EngineError: The model cannot be used at all.
    """
    folder = model_folders.resolve(model)
    checkpoint = Checkpoint.read(folder)
    report = CheckReport([f"model: {checkpoint.name} in {folder}"])
    report.environment("vlm", _PACKAGES)
    session = Session(folder, device.split(",")[0], settings.engine_memory)
    try:
        session.open(lambda line: report.add(f"device: {line}"))
        counts = dict.fromkeys((settings.frames_per_inference, 1))
        paces = {count: _measured(session, count, clock) for count in counts}
    except EngineError as error:
        report.add(f"verdict: it does not run here: {error}", ok=False)
    else:
        for count, seconds in paces.items():
            report.add(
                f"speed: {_pictures(count)} and {TOKENS} tokens in {seconds:.1f} s, "
                f"{60 / max(seconds, 1e-6):.1f} cycles a minute"
            )
        line, ok = _verdict(paces, settings.inference_interval)
        report.add(f"verdict: {line}", ok=ok)
    finally:
        session.close()
    return report.next("vlm", folder)


def _verdict(paces: Mapping[int, float], interval: float) -> tuple[str, bool]:
    """Whether the machine keeps up, and what to change.

    Args:
        paces: Seconds for a line by pictures, with the window that is set first.
        interval: INFERENCE_INTERVAL, seconds from one window to the next.
    """
    count, seconds = next(iter(paces.items()))
    asked = f"INFERENCE_INTERVAL={interval:g} asks for {60 / interval:.0f} a minute"
    if seconds <= interval:
        return f"it keeps up: {asked}", True
    if seconds <= SPEAKING:
        return (
            f"it keeps up with speech, a line of {TOKENS} tokens takes about {SPEAKING:g} s to "
            f"say; {asked}, which it does not reach",
            True,
        )
    if paces[1] <= SPEAKING:
        each = (seconds - paces[1]) / (count - 1)
        frames = min(count - 1, 1 + int((SPEAKING - paces[1]) / each))
        return f"too slow with {_pictures(count)}: FRAMES_PER_INFERENCE={frames}", False
    smaller = f"take a smaller model ({EXAMPLE} or its 256M), a GPU, or ENGINE=sketch"
    return f"too slow even with one picture, there will be long silences: {smaller}", False


def _measured(session: Session, count: int, clock: Callable[[], float]) -> float:
    """Seconds for a line of TOKENS tokens about pictures that are all new. Raises EngineError."""
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
    return clock() - begin


def _pictures(count: int) -> str:
    return f"{count} picture{'s' * (count != 1)}"


def _picture(number: int, time: float) -> Picture:
    image = np.full((360, 640, 3), 120, np.uint8)
    cv2.rectangle(image, (60 + 40 * number, 120), (130 + 40 * number, 300), (30, 30, 200), -1)
    cv2.circle(image, (480 - 30 * number, 200), 50, (200, 120, 30), -1)
    return Picture(cv2.imencode(".jpg", image)[1].tobytes(), time)
