"""What is left out while the engine does not keep up."""

from __future__ import annotations

from agent.clock.engine_load import REST, EngineLoad


def test_windows_shrink_first_then_lines_become_rarer() -> None:
    load = EngineLoad()
    seen = []
    for _ in range(12):
        load.note(late=True)
        seen.append((load.frames(8), load.rest))
    assert seen[0] == (8, 0.0)
    assert (4, 0.0) in seen
    assert (2, 0.0) in seen
    assert seen[-1] == (1, REST)
    assert load.behind


def test_single_late_lines_change_nothing() -> None:
    load = EngineLoad()
    for number in range(100):
        load.note(late=number % 4 == 0)
    assert not load.behind
