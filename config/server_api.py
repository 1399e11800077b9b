"""LiveKit's server API, with the keys of the settings."""

from __future__ import annotations

import aiohttp
from livekit import api

from config.settings import Settings

ERRORS = (api.TwirpError, aiohttp.ClientError, TimeoutError, OSError)
"""What a call raises where the server refuses it, is away or takes too long."""

CALL_LIMIT = aiohttp.ClientTimeout(total=5.0)
"""Seconds for one call."""


def server_api(settings: Settings) -> api.LiveKitAPI:
    """To be closed, as by `async with`; calls raise ERRORS."""
    return api.LiveKitAPI(
        settings.livekit_url,
        settings.livekit_api_key,
        settings.livekit_api_secret.get_secret_value(),
        timeout=CALL_LIMIT,
    )
