"""`python -m tests.bench.noise`: what `Movement` makes of noise, of events, and of footage.

Beside it stands the old gate: the mean difference of two pictures, above 5 of 255.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np

from agent.commentator.frames import GREY_SIZE
from agent.commentator.scene.movement import Movement
from agent.commentator.window import Grey, change
from tests.support.events import Event, events
from tests.support.films import HEIGHT, WIDTH, Film, Picture, room, still
from tests.support.noise import noises

MEDIA = Path(__file__).resolve().parents[3] / "shared" / "media"
OLD_GATE = 5.0
OLD_WAIT = 1.0
RATES = (10.0, 2.0)
BEGIN = 12.0
BESIDE = ("rain", "snow", "fan", "leaves", "low light encoded", "flicker", "shake", "television")

COMES = (6.0, 22.7, 50.2, 74.5, 92.1, 123.4)
"""Seconds of `people.mp4` at which the first hair of somebody is seen."""
GOES = (17.9, 43.2, 67.9, 84.7, 117.8, 133.9)
"""Seconds of it at which somebody who stood at the table turns to go."""
GONE = (19.6, 44.7, 69.7, 86.7, 119.9, 136.1)
"""Seconds of it at which the last trace is out of view. While they stand they stir, too."""
PASS = ((4.3, 8.3), (14.3, 18.5), (25.2, 27.8))
"""Seconds of `cars.mp4` in which cars pass."""
SLACK, NOTICED = 2.5, 2.0
"""Seconds after the end of a stay in which its trace may still be told; seconds in which the begin
of an event has to be told."""


@dataclass
class Told:
    """What was told of one film.

    Attributes:
        begins: Time and field of each event.
        old: How often the old gate opened.
        costs: CPU seconds of each picture.
        moving: Times of all pictures with a mover.
    """

    begins: list[tuple[float, str]] = field(default_factory=list)
    old: int = 0
    costs: list[float] = field(default_factory=list)
    moving: list[float] = field(default_factory=list)

    def after(self, at: float) -> float:
        """When something moved for the first time from then on; infinity: never."""
        return next((time for time in self.moving if time >= at), float("inf"))


def told(pictures: Iterator[tuple[float, Grey]]) -> Told:
    """One film through `Movement` and the old gate."""
    movement, result = Movement(), Told()
    before: tuple[float, Grey] | None = None
    was = False
    for at, grey in pictures:
        start = time.process_time()
        motion = movement.see(at, grey)
        result.costs.append(time.process_time() - start)
        if motion.movers and not was:
            result.begins.append((at, "movers"))
        was = bool(motion.movers)
        result.moving += [at] * was
        result.begins += [(at, name) for name in ("cut", "dimmed", "lit") if getattr(motion, name)]
        if before is None or at - before[0] >= OLD_WAIT - 1e-6:
            result.old += before is not None and change(before[1], grey) >= OLD_GATE
            before = (at, grey)
    return result


def drawn(film: Film, seconds: float, rate: float) -> Iterator[tuple[float, Grey]]:
    for number in range(int(seconds * rate)):
        yield number / rate, small(film(number / rate))


def small(picture: Picture) -> Grey:
    return np.asarray(cv2.resize(picture, GREY_SIZE, interpolation=cv2.INTER_AREA), np.uint8)


def footage(name: str, rate: float) -> Iterator[tuple[float, Grey]]:
    """As the sampler sees it."""
    due = 0.0
    with av.open(str(MEDIA / name)) as container:
        for frame in container.decode(video=0):
            at = float(frame.time or 0.0)
            if at >= due - 1e-6:
                due += 1 / rate
                yield at, small(_grey(frame))


def scenes() -> dict[str, Picture]:
    """A drawn room, and real ones in which nobody is, where there is footage."""
    found = {"drawn room": room()}
    for name, at in (("people.mp4", 3.0), ("cars.mp4", 12.0)):
        if (MEDIA / name).is_file():
            with av.open(str(MEDIA / name)) as container:
                frames = container.decode(video=0)
                found[name] = _grey(next(f for f in frames if float(f.time or 0.0) >= at))
    return found


def _grey(frame: av.VideoFrame) -> Picture:
    luma = frame.to_ndarray(format="gray")
    return np.asarray(cv2.resize(luma, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def noise_table(seconds: float) -> None:
    """What was told of nothing: events, and beside them lines that the old gate let through."""
    print("| noise | " + " | ".join(f"{s}, {r:g} fps" for s in scenes() for r in RATES) + " |")
    print("|---" * (1 + len(scenes()) * len(RATES)) + "|")
    for name, make in noises().items():
        cells = []
        for picture in scenes().values():
            for rate in RATES:
                film = make(still(picture), np.random.default_rng(7))
                result = told(drawn(film, seconds, rate))
                cells.append(f"{len(result.begins)} ({result.old})")
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def event_table() -> None:
    """Each event on top of each noise; recall, delay, and what was told beside it."""
    print("| event | rate | found | delay mean, p95 | told too often |")
    print("|---|---|---|---|---|")
    chosen = {name: noises()[name] for name in BESIDE}
    for event in events(BEGIN):
        for rate in RATES:
            delays, extra, count = _measure(event, rate, list(chosen))
            print(f"| {event.name} | {rate:g} fps | {_found(delays, extra, count)}", flush=True)


def _measure(event: Event, rate: float, names: list[str]) -> tuple[list[float], int, int]:
    delays: list[float] = []
    extra = count = 0
    for picture in scenes().values():
        for name in names:
            film = event.film(noises()[name](still(picture), np.random.default_rng(3)))
            begins = told(drawn(film, BEGIN + event.lasts, rate)).begins
            hits = [at for at, shows in begins if shows == event.shows and at >= event.begin]
            delays += [hits[0] - event.begin] if hits else []
            extra += sum(at < event.begin for at, _ in begins)
            count += 1
            if not hits:
                print(f"missed: {event.name}, {name}, {rate:g} fps", file=sys.stderr)
    return delays, extra, count


def footage_table() -> None:
    """The footage against labels made by eye."""
    print("| footage | rate | found | delay mean, p95 | told of nothing |")
    print("|---|---|---|---|---|")
    stays = {"people.mp4": tuple(zip(COMES, GONE, strict=True)), "cars.mp4": PASS}
    for name, spans in stays.items():
        starts = (*COMES, *GOES) if name == "people.mp4" else tuple(a for a, _ in PASS)
        for rate in RATES:
            seen = told(footage(name, rate))
            delays = [first - at for at in starts if (first := seen.after(at)) < at + NOTICED]
            beside = sum(not any(a <= at <= b + SLACK for a, b in spans) for at, _ in seen.begins)
            print(f"| {name} | {rate:g} fps | {_found(delays, beside, len(starts))}", flush=True)


def _found(delays: list[float], extra: int, count: int) -> str:
    mean = float(np.mean(delays)) if delays else float("nan")
    late = float(np.quantile(delays, 0.95)) if delays else float("nan")
    return f"{len(delays)} of {count} | {mean:.2f} s, {late:.2f} s | {extra} |"


def cost() -> None:
    """CPU time of one picture."""
    costs = told(footage("people.mp4", 10.0)).costs
    print(f"\none picture: mean {np.mean(costs) * 1000:.2f} ms, "
          f"p95 {np.quantile(costs, 0.95) * 1000:.2f} ms of CPU")  # fmt: skip


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="of each noise")
    parser.add_argument("--only", choices=["noise", "events", "footage"])
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if options.only in (None, "footage"):
        footage_table()
        cost()
    if options.only in (None, "events"):
        event_table()
    if options.only in (None, "noise"):
        noise_table(options.seconds)


if __name__ == "__main__":
    main()
