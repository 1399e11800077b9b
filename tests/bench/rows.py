"""Turns what was measured into rows of the table."""

from __future__ import annotations

from collections.abc import Sequence

from tests.bench.baseline_ema import Cycle, Outcome, simulate
from tests.bench.booth import Memory, Question, Speech
from tests.bench.report import Row, ms, p, spread
from tests.support.measure import drift, silences

MEGABYTE = 1_000_000


def speech_rows(run: Speech) -> list[Row]:
    """Sync, delay and silence, beside the moving average on the same trace."""
    trace = [row for row in run.engine if row["kind"] == "commentary" and row["first_sent"]]
    ema = simulate(Cycle(row["ready"], row["speech"], row["speed"]) for row in trace)
    ready = [row["ready"] for row in trace]
    return [
        _sync(run, ema),
        Row(
            "delay needed for that",
            f"p98 of ready time + 0.5 s = {p(ready, 0.98) + 0.5:.2f} s",
            f"stated {_range(run.delays)} s; frame age at the viewer p50 "
            f"{run.picture.age_median:.2f} s",
            f"{_range(ema.delays)} s",
        ),
        Row(
            "silence between lines, breathing pause 0",
            "p95 ≤ 150 ms",
            spread(silences(run.lines)),
            spread(ema.silences),
        ),
    ]


def picture_row(run: Speech) -> Row:
    """Order, timestamps and evenness of the delayed picture."""
    seen = run.picture
    return Row(
        "delayed picture at the subscriber",
        "every frame in order with its timestamp, interval jitter p95 ≤ 20 ms",
        f"{seen.frames} frames, {seen.missing} missing, {seen.out_of_order} out of order, "
        f"{seen.without_metadata} without timestamp, {seen.wrong_burnt} against the burnt-in "
        f"number; jitter p95 {ms(seen.jitter)}, longest gap {ms(seen.longest_gap)}",
        f"source's own jitter p95 {ms(seen.source_jitter)}",
    )


def cpu_row(run: Speech, baseline: float) -> Row:
    """CPU of the job's process."""
    return Row(
        "job process CPU, 720p30",
        "≤ 0.30 core",
        f"{run.cpu:.2f} core",
        f"hold raw, encode in libwebrtc: {baseline:.2f} core",
    )


def memory_row(held: Memory, baseline: Memory) -> Row:
    """Memory for each second of delay."""
    return Row(
        "memory per second of delay, 720p30",
        "≤ 1 MB",
        f"{held.per_second / MEGABYTE:.2f} MB ({_memories(held)})",
        f"raw frames: {baseline.per_second / MEGABYTE:.1f} MB ({_memories(baseline)})",
    )


def answer_row(questions: Sequence[Question], asked: int) -> Row:
    """From question to answer."""
    return Row(
        "question to first sound of the answer, beyond the engine's ready time",
        "300 ms",
        f"{spread([question.wait for question in questions])} "
        f"({len(questions)} of {asked} questions answered)",
        "",
    )


def _sync(run: Speech, ema: Outcome) -> Row:
    known = [(line.start, line.sync) for line in run.lines if line.sync is not None]
    errors = [error for _, error in known]
    slope = drift([time for time, _ in known], errors)
    lost = len(run.lines) - len(known)
    return Row(
        f"sync error, {run.seconds / 60:.1f} min",
        "p95 ≤ 100 ms, no drift",
        f"{spread([abs(error) for error in errors])}; median {ms(p(errors, 0.5))}, drift "
        f"{ms(slope * 60)} a minute; {len(known)} lines, {lost} whose frame was lost, "
        f"{len(run.dropped)} dropped",
        spread([abs(error) for error in ema.sync]),
    )


def _range(delays: Sequence[float]) -> str:
    settled = delays[len(delays) // 2 :]
    return f"{min(settled):.2f} to {max(settled):.2f}" if settled else "?"


def _memories(memory: Memory) -> str:
    return ", ".join(
        f"{size / MEGABYTE:.0f} MB at {delay:g} s" for delay, size in sorted(memory.at.items())
    )
