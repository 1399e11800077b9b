"""How truly persons and things are named: `python -m tests.bench.naming WEIGHTS PEOPLE_MP4`.

Reads the film as a booth does, two pictures a second to the detector, five times with a tenth of a
second between, and holds what the tracker says is in view against labels made by eye; then what
the engine sketch says of the film. Prints the table's rows, what it cost, and each mistake.
"""

from __future__ import annotations

import argparse
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from livekit.plugins.pressbox.commentator.frames import SampleGrid

from agent.picture.frame_encoder import DETECTOR_FPS, FrameEncoder
from tests.bench.report import Row, table
from tests.engine.footage import sampled, told
from vision.detection import TrackedObject
from vision.detector import Detector
from vision.names import COCO_NAMES
from vision.tracker import Tracker

PHASES = (0.0, 0.1, 0.2, 0.3, 0.4)
"""Seconds at which the first picture is taken: what is seen must not hang on it."""

Labels = Mapping[float, tuple[int, int]]
"""Least and most persons that may be named, by second."""

NOBODY, EDGE, ONE = (0, 0), (0, 1), (1, 1)
"""EDGE: a head's top or a heel at the picture's edge, which may be named or not."""

_FROM = (
    *((0, NOBODY), (6, EDGE), (8, ONE), (20, EDGE), (22, NOBODY), (24, ONE), (46, NOBODY)),
    *((52, ONE), (70, EDGE), (72, NOBODY), (76, ONE), (88, NOBODY), (94, ONE), (120, EDGE)),
    *((122, NOBODY), (124, ONE), (136, EDGE), (138, NOBODY), (140, NOBODY)),
)
LABELS: Labels = {
    at: there for (begin, there), (end, _) in pairwise(_FROM) for at in range(begin, end, 2)
}
"""people.mp4 of intel-iot-devkit/sample-videos, by eye, the picture at every second second."""

THINGS = frozenset({"tv", "dining table"})
"""May be named, being there: the television of which the upper left corner shows a part, and the
bar table. Nothing else of COCO's is.
"""

_NOBODY = re.compile(r"\b(nobody|no one|no person)\b")
_NOBODY_LEFT = re.compile(r"\b(nobody|no one) is left\b")
_GONE = re.compile(r"\b((has|have|is|are) (left|gone)|leaves?|left (?:to|at|over|by) )")
_SOMEBODY = re.compile(
    r"\b(person|persons|people|somebody|someone|another|they|them|he|she|man|woman|both|"
    r"the one|two|three)\b"
)
_OTHERS = {
    name: re.compile(rf"\b{name.rsplit(' ', 1)[-1]}(?:s|es)?\b")
    for name in COCO_NAMES
    if name != "person"
}
_AGO, _SAID = 5.0, 2.0
"""Seconds for which who has left may be told of; that a commentator has to say what is there."""


@dataclass(slots=True)
class Tally:
    """Names held against labels: those that are true, and who of those that were there is named."""

    named: int = 0
    true: int = 0
    there: int = 0
    found: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        precision = self.true / self.named if self.named else 1.0
        recall = self.found / self.there if self.there else 1.0
        return f"precision {precision:.3f} of {self.named}, recall {recall:.3f} of {self.there}"

    def add(self, second: float, names: Counter[str], labels: Labels = LABELS) -> None:
        """What was named in the picture of a labelled second."""
        least, most = labels[second]
        self.found += min(names["person"], least)
        self.there += least
        if names["person"] < least:
            self.wrong.append(f"{second:g} s: {least - names['person']} of {least} persons missed")
        for name, number in names.items():
            true = min(number, most) if name == "person" else number * (name in THINGS)
            self.named += number
            self.true += true
            if true < number:
                self.wrong.append(f"{second:g} s: {number - true} {name} too many")


def hold(lines: Sequence[tuple[float, str]], labels: Labels = LABELS) -> Tally:
    """Lines come with the time of their newest picture.

    A line is true when all that it claims was so when that picture was taken. A person in view at
    a labelled second is found when the last line until then, or one in the next two seconds, says
    that somebody is there.
    """
    tally, known = Tally(), list[tuple[float, bool]]()
    for at, line in lines:
        there, left = _somebody(line)
        things = {name for name, pattern in _OTHERS.items() if pattern.search(line.lower())}
        if there is not None:
            known.append((at, there))
        if there is not None or things:
            true = _so(at, there, left, labels) and _there(things)
            tally.named += 1
            tally.true += true
            tally.wrong += [] if true else [f"{at:g} s: {line}"]
    for second, (least, _) in labels.items():
        if least:
            before = [there for at, there in known if at <= second][-1:]
            soon = [there for at, there in known if second < at <= second + _SAID]
            tally.there += 1
            tally.found += (found := any((*before, *soon)))
            tally.wrong += [] if found else [f"{second:g} s: a person whom no line tells of"]
    return tally


def _somebody(line: str) -> tuple[bool | None, bool]:
    """Whether the line says that somebody is in view, None if it does not speak of it; and whether
    it says that somebody was until lately.
    """
    text = _NOBODY_LEFT.sub("nobody", line.lower())
    somebody = bool(_SOMEBODY.search(text))
    left = somebody and bool(_GONE.search(text))
    return (False if left or _NOBODY.search(text) else somebody or None), left


def _so(at: float, there: bool | None, left: bool, labels: Labels) -> bool:
    """What the labels before and after the line's picture say both may be so between them."""
    before = max((second for second in labels if second <= at), default=None)
    after = min((second for second in labels if second >= at), default=None)
    near = [labels[second] for second in (before, after) if second is not None]
    lately = [most for second, (_, most) in labels.items() if -1 <= at - second <= _AGO]
    if there is not None and not any(most if there else not least for least, most in near):
        return False
    return not left or any(lately)


def _there(things: set[str]) -> bool:
    """Things whose names end alike are one."""
    return {name.rsplit(" ", 1)[-1] for name in things} <= {
        name.rsplit(" ", 1)[-1] for name in THINGS
    }


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


def watch(
    film: Path, weights: Path, phase: float
) -> tuple[list[tuple[float, tuple[TrackedObject, ...]]], float]:
    """What was surely in view at each picture that the detector looked at, from second `phase` on;
    and the CPU seconds that detector and tracker took.
    """
    encoder, plain, tracker = FrameEncoder(weights), FrameEncoder(None), Tracker()
    grid, views, taken = SampleGrid(DETECTOR_FPS), [], 0.0
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
    return views, taken


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.naming", description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("film", type=Path)
    options = parser.parse_args()
    tally, looked, seconds, came = Tally(), 0, 0.0, list[str]()
    for phase in PHASES:
        views, taken = watch(options.film, options.weights, phase)
        for second in LABELS:
            if seen := [view for at, view in views if at <= second]:
                tally.add(second, Counter(one.name for one in seen[-1]))
        looked += len(views)
        seconds += taken
        ids = {one.id: one.name for _, view in views for one in view}
        came.append(str(dict(Counter(ids.values()))))
    lines = hold(told(sampled(options.film, Detector(options.weights))))
    before = hold(told(sampled(options.film, None)))
    goal, without = "precision ≥ 0.98, recall ≥ 0.8", f"without the detector: {before}"
    rows = [
        Row("persons and things named, detector and tracker", goal, str(tally), ""),
        Row("the same, in the lines of sketch", goal, str(lines), without),
    ]
    each = seconds / looked
    print(table(rows))
    print(f"{looked} pictures, {each * 1000:.1f} ms and {each * DETECTOR_FPS:.3f} core each")
    print(f"came into view: {', '.join(came)}")
    print("\n".join([*tally.wrong, *lines.wrong]))


if __name__ == "__main__":
    main()
