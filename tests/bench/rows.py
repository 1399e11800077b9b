"""Turns what was measured of the booth into rows of the table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from tests.bench.load import Cpu, Growth, Held
from tests.bench.report import Row, ms, p, spread
from tests.bench.speech import LATER, Speech
from tests.bench.sync import EARLIEST, LATEST, Situation, inside
from tests.support.measure import drift, silences

MEGABYTE, KILOBYTE = 1_000_000, 1000
RULE = f"p1 to p99 within {LATEST * 1000:.0f} to +{EARLIEST * 1000:.0f} ms"
SITUATIONS: dict[Situation, str] = {
    "first": "first line of a viewer",
    "slew": "while the delay slews",
    "change": "after a change of the source",
    "other": "all other lines",
}


def speech_rows(run: Speech) -> list[Row]:
    """Sync, delay, silence and picture."""
    even = "every frame in order with its timestamp, interval jitter p95 ≤ 20 ms"
    said = {
        f"sync error, all, {run.seconds / 60:.1f} min": ("no drift", _all(run)),
        "delay": ("what is needed, from the first line on", _delay(run)),
        "silence between lines while calm, breathing pause 0": (
            "p95 ≤ 150 ms",
            spread(silences(run.calm)),
        ),
        "delayed picture at the subscriber": (even, _picture(run)),
    }
    return [
        *(
            Row(f"sync error, {name}", RULE, _sync(run.errors[at]), "")
            for at, name in SITUATIONS.items()
        ),
        *(Row(what, reach, measured, "") for what, (reach, measured) in said.items()),
    ]


def cpu_row(run: Cpu) -> Row:
    """CPU of the job's process."""
    return Row("job process CPU, 720p30", "≤ 0.20 core", _cpu(run), "")


def growth_row(run: Growth) -> Row:
    """Memory over many lines."""
    what = f"memory of the job, {run.samples[-1].time / 60:.0f} min of short lines"
    return Row(what, "no growth", _growth(run), "")


def held_row(run: Held) -> Row:
    """Memory for each second of delay."""
    return Row("memory per second of delay, 720p30", "≤ 1 MB", _held(run), "")


def _sync(errors: Sequence[float]) -> str:
    if not errors:
        return "no such line"
    names = {"p1": 0.01, "p50": 0.5, "p95": 0.95, "p99": 0.99, "min": 0.0, "max": 1.0}
    figures = ", ".join(f"{name} {p(errors, at) * 1000:+.0f}" for name, at in names.items())
    return f"{figures} ms; {inside(errors):.0%} of {len(errors)} lines within"


def _all(run: Speech) -> str:
    known = [(line.start, line.sync) for line in run.lines if line.sync is not None]
    slope = drift([time for time, _ in known], [error for _, error in known])
    errors = [*chain.from_iterable(run.errors.values())]
    return (
        f"|error| {spread([abs(error) for error in errors])}; {inside(errors):.0%} within; drift "
        f"{ms(slope * 60)} a minute; {len(run.lines)} lines heard by who was there all the time, "
        f"the frame of {len(run.lines) - len(known)} not seen, {len(run.dropped)} dropped; "
        f"{run.blind} of {run.visits} further viewers did not see that of their first line"
    )


def _delay(run: Speech) -> str:
    after = ", ".join(
        f"{delay.stated:.1f} s ({delay.age:.2f} s at the viewer) "
        + (f"{later:.0f} s later" if later else "at the first line")
        for later, delay in zip(LATER, run.delays, strict=False)
    )
    needed = p(run.ready, 0.98) + 0.5
    return (
        f"{after}; needed while calm: p98 of ready time + 0.5 s = {needed:.2f} s; "
        f"stated in all {_range(run.stated)}"
    )


def _picture(run: Speech) -> str:
    calm, whole = run.calm_picture, run.picture
    return (
        f"while calm {calm.frames} frames, {calm.missing} missing, {calm.wrong_burnt} against the "
        f"burnt-in number, jitter p95 {ms(calm.jitter)} (source's own {ms(calm.source_jitter)}), "
        f"longest gap {ms(calm.longest_gap)}; in all {whole.frames} frames, {whole.missing} "
        f"missing, {whole.out_of_order} out of order, {whole.without_metadata} without timestamp, "
        f"longest gap {ms(whole.longest_gap)}"
    )


def _cpu(run: Cpu) -> str:
    threads = ", ".join(f"{name} {share:.3f}" for name, share in run.threads.items())
    return f"{run.share:.3f} core (threads: {threads})"


def _growth(run: Growth) -> str:
    first, last = run.settled[0], run.settled[-1]
    return (
        f"{run.per_minute / KILOBYTE:+.1f} KB a minute, {run.per_line / KILOBYTE:+.2f} KB a line "
        f"({last.lines} lines; {first.memory / MEGABYTE:.1f} MB after {first.time / 60:.0f} min, "
        f"{last.memory / MEGABYTE:.1f} MB at the end)"
    )


def _held(memory: Held) -> str:
    sizes = (f"{size / MEGABYTE:.0f} MB at {at:g} s" for at, size in sorted(memory.at.items()))
    return f"{memory.per_second / MEGABYTE:.2f} MB ({', '.join(sizes)})"


def _range(delays: Sequence[float]) -> str:
    return f"{min(delays):.2f} to {max(delays):.2f} s" if delays else "?"
