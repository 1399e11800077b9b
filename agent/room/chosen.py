"""What a booth starts with: the process's settings, the dispatch's, and what people changed in its
room before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from agent.room.mode import ModeChoice
from agent.room.room_settings import apply_each, from_metadata
from config import opening_hours
from config.explain import shown
from config.room_settings import RoomSettings

MODE_UNTIL = "mode_until"
"""Saved beside the changes: Unix time until which the mode holds against the schedule."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Attributes:
    base: Settings of the process and its dispatch: what a change that is taken back leads to.
    settings: What holds.
    mode: Whether it commentates.
    problems: What people should know of all that, one line each.
    """

    base: RoomSettings
    settings: RoomSettings
    mode: ModeChoice
    problems: tuple[str, ...] = ()


def choose(process: RoomSettings, metadata: str, saved: Mapping[str, object]) -> Chosen:
    """`metadata`: of the dispatch; `saved`: by `Control`. What is wrong is left out and told.

    What people changed in the room stands before the dispatch, since LiveKit and the launcher send
    the same dispatch again whenever a job has died. That is told where the two differ.
    """
    base, problems = from_metadata(process, metadata)
    changes = {key: value for key, value in saved.items() if key != MODE_UNTIL}
    settings, stale = apply_each(base, changes)
    for key in sorted(changes.keys() & base.model_fields_set):
        ordered, holds = getattr(base, key), getattr(settings, key)
        of_dispatch = key not in process.model_fields_set or ordered != getattr(process, key)
        if of_dispatch and ordered != holds:
            stale.append(
                f"{key}={_shown(holds)}, set in this room before, holds and not the dispatch's "
                f'{_shown(ordered)}; pressbox.set {{"{key}": null}} takes it back'
            )
    until = saved.get(MODE_UNTIL)
    hours = opening_hours.parse(settings.schedule)
    mode = ModeChoice(settings.mode, hours, until if isinstance(until, float) else 0.0)
    return Chosen(base, settings, mode, (*problems, *stale))


def _shown(value: object) -> str:
    return shown(value, secret=False)
