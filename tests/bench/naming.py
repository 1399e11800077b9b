"""How truly persons and things are named: `python -m tests.bench.naming WEIGHTS FILM [LABELS]`.

Reads the film as a booth does, two pictures a second to the detector, five times with a tenth of a
second between, and holds what the tracker says is in view against labels made by eye; then what
the engine sketch says of the film. Prints the table's rows, what it cost, and each mistake.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from agent.commentator.frames import DETECTOR_FPS, FrameEncoder, SampleGrid
from tests.bench import named_lines
from tests.bench.labels import PEOPLE, Labels
from tests.bench.report import Row, table
from tests.engine.footage import sampled, told
from vision.detection import TrackedObject
from vision.detector import Detector
from vision.tracker import Tracker

PHASES = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Seconds at which the first picture is taken: what is seen must not hang on it."""


@dataclass(slots=True)
class Tally:
    """Names held against labels."""

    true: int = 0
    named: int = 0
    found: int = 0
    there: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, second: float, names: Counter[str], labels: Labels) -> None:
        """What was named in the picture of a labelled second."""
        least, most = labels.persons[second]
        persons = names["person"]
        self.found += min(persons, least)
        self.there += least
        if persons < least:
            self.wrong.append(f"{second:g} s: {least - persons} of {least} persons missed")
        for name, number in names.items():
            true = min(number, most) if name == "person" else number * (name in labels.things)
            self.named += number
            self.true += true
            if true < number:
                self.wrong.append(f"{second:g} s: {number - true} {name} too many")

    @property
    def precision(self) -> float:
        return self.true / self.named if self.named else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.there if self.there else 1.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f} of {self.named}, "
            f"recall {self.recall:.3f} of {self.there}"
        )


def pictures(film: Path) -> Iterator[tuple[float, npt.NDArray[np.uint8]]]:
    """Each picture as I420, with its time in seconds."""
    capture = cv2.VideoCapture(str(film))
    rate, number = capture.get(cv2.CAP_PROP_FPS), 0
    while True:
        there, bgr = capture.read()
        if not there:
            return
        yield number / rate, cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420).astype(np.uint8, copy=False)
        number += 1


@dataclass(slots=True)
class Watched:
    """What was surely in view at each picture that the detector looked at."""

    views: list[tuple[float, tuple[TrackedObject, ...]]]
    seconds: float
    memory: float

    def comings(self) -> list[tuple[float, str]]:
        """When what came into view, once for each id."""
        first: dict[int, tuple[float, str]] = {}
        for at, view in self.views:
            for one in view:
                first.setdefault(one.id, (at, one.name))
        return list(first.values())


def watch(film: Path, weights: Path, phase: float = 0.0) -> Watched:
    """The film from second ``phase`` on, with CPU seconds and MB that the detector took."""
    encoder, plain, tracker = FrameEncoder(weights), FrameEncoder(None), Tracker()
    grid, views = SampleGrid(DETECTOR_FPS), []
    before, taken = _resident(), 0.0
    for at, i420 in pictures(film):
        if at < phase or not grid.due(at):
            continue
        began = time.thread_time()
        frame = encoder.sample(i420, at)
        middle = time.thread_time()
        plain.sample(i420, at)
        taken += (middle - began) - (time.thread_time() - middle)
        if frame.detections is not None:
            began = time.thread_time()
            views.append((at, tracker.update(at, frame.detections)))
            taken += time.thread_time() - began
    return Watched(views, taken, _resident() - before)


def _resident() -> float:
    """MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def hold(tally: Tally, watched: Watched, labels: Labels) -> None:
    """Adds what was in view at each labelled second."""
    for second in labels.persons:
        seen = [view for at, view in watched.views if at <= second]
        if seen:
            tally.add(second, Counter(one.name for one in seen[-1]), labels)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.naming", description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("film", type=Path)
    parser.add_argument("labels", type=Path, nargs="?", default=PEOPLE)
    options = parser.parse_args()
    tally, labels = Tally(), Labels.read(options.labels)
    looked, seconds, comings, memory = 0, 0.0, list[str](), list[float]()
    for phase in PHASES:
        watched = watch(options.film, options.weights, phase)
        hold(tally, watched, labels)
        looked += len(watched.views)
        seconds += watched.seconds
        memory.append(watched.memory)
        comings.append(str(dict(Counter(name for _, name in watched.comings()))))
    lines = named_lines.hold(told(sampled(options.film, Detector(options.weights))), labels)
    before = named_lines.hold(told(sampled(options.film, None)), labels)
    goal, without = "precision ≥ 0.98, recall ≥ 0.8", "without the detector: "
    print(
        table(
            [
                Row("persons and things named, detector and tracker", goal, str(tally), ""),
                Row("the same, in the lines of sketch", goal, str(lines), f"{without}{before}"),
            ]
        )
    )
    each = seconds / looked
    print(f"{looked} pictures, {each * 1000:.1f} ms and {each * DETECTOR_FPS:.3f} core each")
    print(f"memory with the first film {memory[0]:.0f} MB; came into view: {', '.join(comings)}")
    print("\n".join([*tally.wrong, *lines.wrong]))


if __name__ == "__main__":
    main()
