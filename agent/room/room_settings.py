"""The settings of one room: dispatch metadata and what people changed, on top of the process's
own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from agent.commentator.options import Options
from config.settings import RoomSettings, SettingsError


def from_metadata(base: RoomSettings, metadata: str) -> tuple[RoomSettings, list[str]]:
    """Apply dispatch metadata (a JSON object, or nothing). What is wrong is left out and told, one
    line each.
    """
    if not metadata.strip():
        return base, []
    try:
        found = json.loads(metadata)
    except (ValueError, RecursionError):
        return base, [
            'the dispatch metadata is not JSON: expected an object such as {"profile":"match"}'
        ]
    if not isinstance(found, dict):
        return base, [f"the dispatch metadata is a {type(found).__name__}: expected a JSON object"]
    return apply_each(base, found)


def apply_each(base: RoomSettings, changes: Mapping[str, object]) -> tuple[RoomSettings, list[str]]:
    """Apply what is right among `changes`; returns the rest as one line each."""
    problems = []
    settings = base
    for key, value in changes.items():
        try:
            settings = settings.updated({key: value})
        except SettingsError as error:
            problems.append(str(error))
    return settings, problems


def options(settings: RoomSettings, room: str) -> Options:
    """The commentator's options for `settings`, with preset and profile filled in."""
    full = settings.effective()
    return Options(
        prompt=full.prompt,
        voice=full.voice,
        language=full.language,
        capture_fps=full.capture_fps,
        window_size=full.window_size,
        frames_per_inference=full.frames_per_inference,
        frame_stride=full.frame_stride,
        inference_interval=full.inference_interval,
        change_threshold=full.change_threshold,
        still_interval=full.still_interval,
        repeat_threshold=full.repeat_threshold,
        focus=full.focus,
        length=full.length,
        max_new_tokens=full.tts_max_new_tokens,
        enable_tts=full.enable_tts,
        room=room,
    )
