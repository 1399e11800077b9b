"""Turns what was heard of the commentary into rows of the table. `old`: of another checkout."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from tests.bench.commentary import Cost, Heard
from tests.bench.report import Row, p, spread
from tests.bench.rows import RULE
from tests.bench.sync import inside
from tests.bench.timeline import Told, nearly_again, repeats, silences

if TYPE_CHECKING:
    from tests.bench.listening import Asked
    from tests.bench.rules import Alerted

SHOWN = 5
"""Pairs of repeats in a row."""

Measured = TypeVar("Measured")


def still_rows(run: Heard, old: Heard | None) -> list[Row]:
    """Repeats, lines and requests."""
    where = f"{run.minutes:.1f} min of a still scene"
    return [
        _row(f"repeats, {where}", "0 after the first", _repeats, run, old),
        _row(f"lines, {where}", "≤ 1 a minute", _lines, run, old),
        _row(f"engine requests, {where}", "≤ 2 a minute", _requests, run, old),
    ]


def event_rows(runs: Sequence[Heard], old: Sequence[Heard] | None) -> list[Row]:
    """What was told of scripted events, and sync meanwhile."""
    names = ", ".join(run.film for run in runs)
    what = f"scripted events, within 2 s ({names})"
    return [
        _row(what, "F1 ≥ 0.95, mean difference ≤ 0.5 s", _events, runs, old),
        _row("repeats in them", "", _repeats_of_all, runs, old),
        sync_row("scripted films", [line for run in runs for line in run.told], old),
    ]


def busy_rows(run: Heard, old: Heard | None) -> list[Row]:
    """How close together lines are, where something always happens."""
    return [
        _row(
            "silence between lines, busy scene, lively",
            "≤ 0.3 s",
            lambda one: f"{spread(silences(one.told))}; {_lines(one)}",
            run,
            old,
        ),
        sync_row("busy scene", run.told, [old] if old else None),
    ]


def noise_rows(runs: Sequence[Heard], old: Sequence[Heard]) -> list[Row]:
    """Lines where nothing happens."""
    before = {run.film: run for run in old}
    return [_row(f"noise: {run.film}", "0 lines", _said, run, before.get(run.film)) for run in runs]


def alert_rows(run: Alerted) -> list[Row]:
    """Hits of rules, and how soon they are heard."""
    score = run.score
    said = (
        f"precision {score.precision:.2f}, recall {score.recall:.2f} of {score.true} "
        f"({score.hits} hits; missed: {', '.join(score.missed) or 'none'}; "
        f"wrong: {', '.join(score.wrong) or 'none'})"
    )
    heard = spread(run.beyond_ready) if run.beyond_ready else "none was heard"
    return [
        Row("alert rules on scripted films", "precision and recall ≥ 0.95", run.absent or said, ""),
        Row(
            "first sound of an alert, beyond the engine's ready time",
            "200 ms",
            run.absent or heard,
            "",
        ),
    ]


def barge_rows(run: Sequence[Asked], old: Sequence[Asked] | None, count: int) -> list[Row]:
    """What a question does."""

    def silent(all_of_them: Sequence[Asked]) -> str:
        found = [one.silent for one in all_of_them if one.silent > 0]
        return f"{spread(found)} ({len(found)} of {count} interrupted a line)"

    def first(all_of_them: Sequence[Asked]) -> str:
        found = [one.heard - one.ready for one in all_of_them]
        known = [one for one in found if not math.isnan(one)]
        return f"{spread(known)} ({len(known)} of {count} answered)"

    return [
        _row("question → commentary silent", "≤ 200 ms", silent, run, old),
        _row("question → first sound, beyond ready time", "300 ms", first, run, old),
    ]


def cost_rows(run: tuple[Cost, Cost], old: tuple[Cost, Cost] | None) -> list[Row]:
    """CPU of the job and the engine."""
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


def sync_row(where: str, told: Sequence[Told], old: Sequence[Heard] | None) -> Row:
    """As EBU R37 has it, of commentary alone: answers and alerts are live."""

    def say(lines: Sequence[Told]) -> str:
        errors = [
            line.sync for line in lines if line.sync is not None and line.kind == "commentary"
        ]
        if not errors:
            return "no line"
        figures = ", ".join(f"p{at} {p(errors, at / 100) * 1000:+.0f}" for at in (1, 50, 99))
        return f"{figures} ms; {inside(errors):.0%} of {len(errors)} within"

    before = [line for run in old for line in run.told] if old else None
    return _row(f"sync error, {where}", RULE, say, told, before)


def again_text(told: Sequence[Told]) -> str:
    """How many lines were nearly said within five minutes before, and the first few."""
    pairs = nearly_again(told)
    shown = "; ".join(f"{then.text!r}, {now.text!r}" for then, now in pairs[:SHOWN])
    return f"{len(pairs)} nearly as within five minutes before" + (f" ({shown})" if shown else "")


def _row(
    what: str,
    reach: str,
    say: Callable[[Measured], str],
    run: Measured,
    old: Measured | None,
) -> Row:
    return Row(what, reach, say(run), "" if old is None else f"before: {say(old)}")


def _repeats(run: Heard) -> str:
    return f"{len(repeats(run.told))} of {_commentary(run)} lines; {again_text(run.told)}"


def _repeats_of_all(runs: Sequence[Heard]) -> str:
    found = sum(len(repeats(run.told)) for run in runs)
    return f"{found} of {sum(map(_commentary, runs))} lines"


def _lines(run: Heard) -> str:
    return f"{_commentary(run) / run.minutes:.1f} lines a minute"


def _said(run: Heard) -> str:
    texts = ", ".join(repr(line.text) for line in run.told if line.kind == "commentary")
    requests = f"{len(run.asked) / run.minutes:.1f} requests a minute"
    return f"{_commentary(run)} lines in {run.minutes:.1f} min, {requests}" + (
        f": {texts[:200]}" if texts else ""
    )


def _requests(run: Heard) -> str:
    kinds = Counter(one.kind for one in run.asked)
    each = ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))
    return f"{len(run.asked) / run.minutes:.1f} a minute ({each or 'none'})"


def _events(runs: Sequence[Heard]) -> str:
    scores = [run.score for run in runs]
    late = [abs(seconds) for one in scores for seconds in one.late]
    missed = Counter(event.kind for one in scores for event in one.missed)
    wrong = [line.text for one in scores for line in one.wrong]
    found = 2 * len(late) + missed.total() + len(wrong)
    f1 = 2 * len(late) / found if found else float("nan")
    mean = sum(late) / len(late) if late else float("nan")
    lost = ", ".join(f"{kind} {number}" for kind, number in sorted(missed.items()))
    each = ", ".join(f"{run.film} {one.f1:.2f}" for run, one in zip(runs, scores, strict=True))
    return (
        f"F1 {f1:.2f} ({each}), mean difference {mean:.2f} s; missed: {lost or 'none'}; "
        f"wrong: {len(wrong)}" + (f", as {wrong[0]!r}" if wrong else "")
    )


def _commentary(run: Heard) -> int:
    return sum(line.kind == "commentary" for line in run.told)
