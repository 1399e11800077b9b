"""Who a participant may be called.

LiveKit throws out whoever has an identity that somebody else comes with. So nobody gets the one
that he asks for: each ends in letters that cannot be guessed, and is given again to those only who
show a token that they had with it.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

import jwt
from livekit import api

from config.agent_name import GUEST_PREFIX

VIEWER_PREFIX = "viewer-"

_OURS = re.compile(rf"(?:{VIEWER_PREFIX}|{GUEST_PREFIX})(?:.{{1,80}}-)?[0-9a-f]{{12}}")
_GIVEN_AGAIN = timedelta(days=1)
"""How long after its end a token still proves whose identity it was."""


class Identities:
    """Bound to the key that tokens are signed with."""

    def __init__(self, api_key: str, api_secret: str) -> None:
        self._verifier = api.TokenVerifier(api_key, api_secret, leeway=_GIVEN_AGAIN)

    def identity(self, wish: str, shown: str, room: str, *, guest: bool) -> str:
        """The wish itself where the token `shown` was for it in this room; else a new one with the
        wish in it. guest: who came by a link, and may change nothing.
        """
        prefix = GUEST_PREFIX if guest else VIEWER_PREFIX
        ours = _OURS.fullmatch(wish) is not None
        if ours and wish.startswith(prefix) and self._was(shown, wish, room):
            return wish
        name = "" if ours or not wish else f"{wish[:80]}-"
        return f"{prefix}{name}{secrets.token_hex(6)}"

    def _was(self, token: str, identity: str, room: str) -> bool:
        try:
            claims = self._verifier.verify(token)
        except (jwt.InvalidTokenError, ValueError):
            return False
        return (
            claims.identity == identity and claims.video is not None and claims.video.room == room
        )
