"""What a booth goes by: the process's settings, its dispatch's, and what people changed in its room
before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from hashlib import sha256

from livekit.plugins.pressbox.commentator import Options

from agent.room.mode import ModeChoice
from config import opening_hours
from config.errors import SettingsError
from config.explain import shown
from config.room_settings import RoomSettings

DENSE = 0.5
"""Seconds of breathing pause below which no silence is wanted while something happens."""
MODE_UNTIL = "mode_until"
"""Saved beside the changes: Unix time until which the mode holds against the schedule."""
DISPATCH = "dispatch"
"""Saved beside the changes: which dispatch they were made under."""


_NOTHING: Mapping[str, object] = {}


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


def heeded(saved: Mapping[str, object], metadata: str, session: str) -> dict[str, object]:
    """What is `saved` of a room, as a dispatch leaves it: what that names is as it says, until
    people change it again.

    LiveKit and the launcher send the same dispatch again whenever a job has died. So one is new
    where its metadata is, or the room, whose sid `session` is.
    """
    mark = sha256(f"{session} {metadata}".encode()).hexdigest()[:16]
    found = _found(metadata)
    right, _ = _apply_each(RoomSettings(), found)
    named = right.model_fields_set | {key for key, value in found.items() if value is None}
    if not named or saved.get(DISPATCH) == mark:
        return dict(saved)
    named |= {MODE_UNTIL} if "mode" in named else set()
    return {key: value for key, value in saved.items() if key not in named} | {DISPATCH: mark}


def choose(process: RoomSettings, metadata: str, saved: Mapping[str, object]) -> Chosen:
    """`metadata`: of the dispatch; `saved`: by `Control`. What is wrong is left out and told.

    What people changed in the room since the dispatch stands before it. That is told where the two
    differ.
    """
    base, problems = _dispatched(process, metadata)
    beside = (MODE_UNTIL, DISPATCH)
    changes = {key: one for key, one in saved.items() if key not in beside and one is not None}
    settings, stale = _apply_each(base, changes)
    problems += stale
    for key in sorted(changes.keys() & base.model_fields_set):
        ordered, holds = getattr(base, key), getattr(settings, key)
        of_dispatch = key not in process.model_fields_set or ordered != getattr(process, key)
        if of_dispatch and ordered != holds:
            problems.append(
                f"{key}={_shown(holds)}, set in this room before, holds and not the dispatch's "
                f'{_shown(ordered)}; pressbox.set {{"{key}": null}} takes it back'
            )
    until = saved.get(MODE_UNTIL)
    hours = opening_hours.parse(settings.schedule)
    mode = ModeChoice(settings.mode, hours, until if isinstance(until, float) else 0.0)
    return Chosen(base, settings, mode, tuple(problems))


def _shown(value: object) -> str:
    return shown(value, secret=False)


def options(settings: RoomSettings, room: str) -> Options:
    """The commentator's options, with preset and profile filled in."""
    full = settings.effective()
    same = {one.name for one in fields(Options)} & RoomSettings.model_fields.keys()
    return Options(
        **{name: getattr(full, name) for name in same},
        max_new_tokens=full.tts_max_new_tokens,
        dense=full.tts_pause_after < DENSE,
        room=room,
    )


def _dispatched(process: RoomSettings, metadata: str) -> tuple[RoomSettings, list[str]]:
    """With the dispatch's metadata, a JSON object or nothing, and what is wrong with that."""
    settings, problems = _apply_each(process, _found(metadata))
    if metadata.strip() and _found(metadata) is _NOTHING:
        problems = ['the dispatch metadata is no JSON object such as {"profile":"match"}']
    return settings, problems


def _found(metadata: str) -> Mapping[str, object]:
    try:
        found = json.loads(metadata)
    except (ValueError, RecursionError):
        return _NOTHING
    return found if isinstance(found, dict) else _NOTHING


def _apply_each(
    base: RoomSettings, changes: Mapping[str, object]
) -> tuple[RoomSettings, list[str]]:
    """With what is right among `changes`; the rest as one line each."""
    problems = []
    for key, value in changes.items():
        try:
            base = base.updated({key: value})
        except SettingsError as error:
            problems.append(str(error))
    return base, problems
