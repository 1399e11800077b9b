"""Links with which somebody may watch one room for some time, or steer its commentator too."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import jwt

from config.admin_token import kept_secret
from config.settings import Settings

KEY_FILE = "viewer-links.key"
"""In STATE_DIR. Without it all links end."""

LONGEST = 24 * 366
"""Hours that a link may last."""

_AUDIENCE = "pressbox.watch"
_REQUIRED = ["aud", "exp", "room"]


class LinkError(Exception):
    """A link is none of ours, or over. `str()` is one line."""


@dataclass(frozen=True, slots=True)
class Pass:
    """What a link's token says. seconds: how long it is still good. steer: whoever has it may also
    change the room's settings and rules and give orders.
    """

    room: str
    seconds: int
    steer: bool


class ViewerLinks:
    """Signs and reads the tokens of links. The first call reads or makes the key: file work of some
    milliseconds, which may raise AdminTokenError.
    """

    def __init__(self, settings: Settings) -> None:
        self._path: Path = settings.state_dir / KEY_FILE
        self._port = settings.web_port
        self._key = ""

    def load(self) -> None:
        """Reads or makes the key, if need be."""
        self._key = self._key or kept_secret(self._path)

    def make(self, room: str, hours: float, *, steer: bool = False) -> str:
        """A token to watch this room from now on for so many hours, or to steer it too."""
        self.load()
        claims = {"aud": _AUDIENCE, "room": room, "exp": int(time.time() + hours * 3600)}
        more = {"steer": True} if steer else {}
        return jwt.encode(claims | more, self._key, algorithm="HS256")

    def read(self, token: str) -> Pass:
        """What a token says. Raises LinkError."""
        self.load()
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=["HS256"],
                audience=_AUDIENCE,
                options={"require": _REQUIRED},
            )
            seconds = int(claims["exp"] - time.time())
            return Pass(str(claims["room"]), seconds, claims.get("steer") is True)
        except jwt.ExpiredSignatureError:
            raise LinkError("this link is over: ask for a new one") from None
        except (jwt.InvalidTokenError, TypeError, ValueError, RecursionError):
            raise LinkError("this link is none of ours: ask for a new one") from None

    def cookie(self, room: str, *, steer: bool) -> str:
        """The name of the cookie that holds a token for this room; one to watch does not displace
        one to steer. Browsers do not keep the cookies of two ports apart.
        """
        kind = "-steer" if steer else ""
        return f"pressbox-{self._port}-{hashlib.sha256(room.encode()).hexdigest()[:12]}{kind}"


def link(page: str, room: str, token: str) -> str:
    """The address that is given to a viewer of the page at `page`."""
    return f"{page.rstrip('/')}/?{urlencode({'room': room, 'view': token})}"
