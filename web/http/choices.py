"""`/api/choices`: what may be chosen, for a page that shows it."""

from __future__ import annotations

import asyncio
from typing import get_args

from aiohttp import web

from agent.room.languages import OWN_NAMES
from config import profiles
from config.alert_rule import THINGS, Rule, conditions
from web.http.parameters import InRoom

_SHOWN = {"about", "preset", "language", "questions"}
"""Of a profile: its prompt and rules are nobody's business."""


async def choices(_: web.Request, __: InRoom) -> web.Response:
    """Profiles, presets, languages, and what an alert rule can ask for."""
    await asyncio.to_thread(profiles.refresh)
    values = {
        "profiles": [
            {"name": name, **one.model_dump(include=_SHOWN)}
            for name, one in profiles.load_profiles().items()
        ],
        "presets": [
            {"name": name, "about": one.about} for name, one in profiles.load_presets().items()
        ],
        "languages": [{"tag": tag, "name": name} for tag, name in OWN_NAMES.items()],
        "conditions": conditions(),
        "things": THINGS,
        "severities": get_args(Rule.model_fields["severity"].annotation),
    }
    return web.json_response(values, headers={"Cache-Control": "no-store"})
