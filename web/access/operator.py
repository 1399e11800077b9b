"""The operator: whoever knows the admin token."""

from __future__ import annotations

import asyncio
import base64
import hmac

from aiohttp import web

from config.admin_token import AdminTokenError, admin_token
from config.settings import Settings


def credential(request: web.BaseRequest) -> str:
    """What `Authorization` carries: a bearer token, or the password of what can say nothing else
    (VLC, OBS: `http://pressbox:TOKEN@host:8199/…`). "" where there is none.
    """
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(given.strip(), validate=True).decode()
    except ValueError:
        return ""
    return decoded.partition(":")[2]


class Operator:
    """Knows the token from the first time on that it is wanted."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = ""

    async def token(self) -> str:
        """The token. Raises web.HTTPServiceUnavailable where it can be neither read nor made."""
        if not self._token:
            try:
                self._token = await asyncio.to_thread(admin_token, self._settings)
            except AdminTokenError as error:
                raise web.HTTPServiceUnavailable(text=str(error)) from None
        return self._token

    async def sent(self, request: web.BaseRequest) -> bool:
        """Whether the request carries it. Wrong tries are not counted: it has 256 bits, or at least
        16 characters.
        """
        given = credential(request)
        if not given:
            return False
        token = await self.token()
        return hmac.compare_digest(given.encode(errors="replace"), token.encode())
