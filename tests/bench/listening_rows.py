"""Turns what was heard of the commentary into rows of the table. `old`: of another checkout."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np

from tests.bench.barge import Barged
from tests.bench.commentary import Cost, Heard
from tests.bench.event_score import Score
from tests.bench.report import Row, compared, p, spread
from tests.bench.rows import RULE
from tests.bench.rules import Alerted
from tests.bench.sync import inside
from tests.bench.timeline import Told, nearly_again, repeats, silences

SHOWN = 5
"""Pairs of repeats in a row."""

Runs = Sequence[Heard]


def still_rows(run: Runs, old: Runs | None) -> list[Row]:
    """Repeats, lines and requests."""
    where = f"{run[0].minutes:.1f} min of a still scene"
    return [
        compared(f"repeats, {where}", "0 after the first", _repeats, run, old),
        compared(f"lines, {where}", "≤ 1 a minute", _lines, run, old),
        compared(f"engine requests, {where}", "≤ 2 a minute", _requests, run, old),
    ]


def event_rows(runs: Runs, old: Runs | None) -> list[Row]:
    """What was told of scripted events, and sync meanwhile."""
    what = f"scripted events, within 2 s ({', '.join(run.film for run in runs)})"
    return [
        compared(what, "F1 ≥ 0.95, mean difference ≤ 0.5 s", _events, runs, old),
        compared("repeats in them", "", _repeats, runs, old),
        compared("sync error, scripted films", RULE, _sync, runs, old),
    ]


def busy_rows(run: Runs, old: Runs | None) -> list[Row]:
    """How close together lines are, where something always happens."""
    what = "silence between lines, busy scene, lively"

    def silent(runs: Runs) -> str:
        return f"{spread(silences(runs[0].told))}; {_lines(runs)}"

    return [
        compared(what, "≤ 0.3 s", silent, run, old),
        compared("sync error, busy scene", RULE, _sync, run, old),
    ]


def noise_rows(runs: Runs, old: Runs) -> list[Row]:
    """Lines where nothing happens."""
    before = {run.film: run for run in old}
    return [
        compared(f"noise: {run.film}", "0 lines", _said, run, before.get(run.film)) for run in runs
    ]


def alert_rows(run: Alerted) -> list[Row]:
    """Hits of rules, and how soon they are heard."""
    said = (
        f"precision {run.precision:.2f}, recall {run.recall:.2f} of {run.true} "
        f"({run.hits} hits; missed: {', '.join(run.missed) or 'none'}; "
        f"wrong: {', '.join(run.wrong) or 'none'})"
    )
    heard = spread(run.beyond_ready) if run.beyond_ready else "none was heard"
    sound = "first sound of an alert, beyond the engine's ready time"
    return [
        Row("alert rules on scripted films", "precision and recall ≥ 0.95", said, ""),
        Row(sound, "200 ms", heard, ""),
    ]


def barge_rows(run: Sequence[Barged], old: Sequence[Barged] | None) -> list[Row]:
    """What a question does."""

    def silent(all_of_them: Sequence[Barged]) -> str:
        found = [one.silent for one in all_of_them if one.silent > 0]
        return f"{spread(found)} ({len(found)} of {len(all_of_them)} interrupted a line)"

    def first(all_of_them: Sequence[Barged]) -> str:
        found = [one.heard - one.ready for one in all_of_them]
        known = [one for one in found if not math.isnan(one)]
        return f"{spread(known)} ({len(known)} of {len(all_of_them)} answered)"

    return [
        compared("question → commentary silent", "≤ 200 ms", silent, run, old),
        compared("question → first sound, beyond ready time", "300 ms", first, run, old),
    ]


def cost_rows(run: Sequence[Cost], old: Sequence[Cost] | None) -> list[Row]:
    """CPU of the job and the engine, with the detector and without it."""
    on, off = run
    said = (
        f"{on.both - off.both:+.3f} core by the detector (job {on.job:.3f} and {off.job:.3f}, "
        f"engine {on.engine:.3f} and {off.engine:.3f})"
    )
    beside = ""
    if old:
        before = old[0]
        said += f"; {on.both - before.both:+.3f} core to before"
        beside = f"before: job {before.job:.3f}, engine {before.engine:.3f}"
    return [Row("cost of gates and detector, default pace", "≤ 0.06 core", said, beside)]


def sync_text(told: Sequence[Told]) -> str:
    """As EBU R37 has it, of commentary alone: answers and alerts are live."""
    errors = [line.sync for line in told if line.sync is not None and line.kind == "commentary"]
    if not errors:
        return "no line"
    figures = ", ".join(f"p{at} {p(errors, at / 100) * 1000:+.0f}" for at in (1, 50, 99))
    return f"{figures} ms; {inside(errors):.0%} of {len(errors)} within"


def repeats_text(*runs: Sequence[Told]) -> str:
    """How many lines of commentary are repeats, how many nearly, and the first few of these."""
    again = sum(len(repeats(told)) for told in runs)
    pairs = [pair for told in runs for pair in nearly_again(told)]
    shown = "; ".join(f"{then.text!r}, {now.text!r}" for then, now in pairs[:SHOWN])
    return (
        f"{again} of {sum(map(commentary, runs))} lines; "
        f"{len(pairs)} nearly as within five minutes before" + (f" ({shown})" if shown else "")
    )


def commentary(told: Sequence[Told]) -> int:
    """Lines of it."""
    return sum(line.kind == "commentary" for line in told)


def _repeats(runs: Runs) -> str:
    return repeats_text(*(run.told for run in runs))


def _sync(runs: Runs) -> str:
    return sync_text([line for run in runs for line in run.told])


def _lines(runs: Runs) -> str:
    return f"{commentary(runs[0].told) / runs[0].minutes:.1f} lines a minute"


def _requests(runs: Runs) -> str:
    kinds = Counter(one.kind for one in runs[0].asked)
    each = ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))
    return f"{len(runs[0].asked) / runs[0].minutes:.1f} a minute ({each or 'none'})"


def _said(run: Heard) -> str:
    texts = ", ".join(repr(line.text) for line in run.told if line.kind == "commentary")
    requests = f"{len(run.asked) / run.minutes:.1f} requests a minute"
    lines = f"{commentary(run.told)} lines in {run.minutes:.1f} min"
    return f"{lines}, {requests}" + (f": {texts[:200]}" if texts else "")


def _events(runs: Runs) -> str:
    scores = [run.score for run in runs]
    parts = [(one.told, one.missed, one.wrong) for one in scores]
    told, missed, wrong = (tuple(chain(*part)) for part in zip(*parts, strict=True))
    score = Score(told, missed, wrong)
    mean = float(np.mean(np.abs(score.late))) if told else math.nan
    kinds = sorted(Counter(event.kind for event in missed).items())
    lost = ", ".join(f"{kind} {number}" for kind, number in kinds) or "none"
    each = ", ".join(f"{run.film} {one.f1:.2f}" for run, one in zip(runs, scores, strict=True))
    return (
        f"F1 {score.f1:.2f} ({each}), mean difference {mean:.2f} s; missed: {lost}; "
        f"wrong: {len(wrong)}" + (f", as {wrong[0].text!r}" if wrong else "")
    )
