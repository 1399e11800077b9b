"""Logins for one host: chooses among what a server asks for; httpx2 makes the answers."""

from __future__ import annotations

import httpx2

from ingress.reader.challenges import Challenge, challenges
from ingress.reader.failures import SourceFailure

_ALGORITHMS = ("SHA-256", "MD5")
"""From the strongest."""

_FRESH = 2
"""New nonces that one request answers: cameras lock out who is wrong too often."""


class Login:
    """User name and password. Remembers what the server wants from one request to the next."""

    def __init__(self, user: str, password: str) -> None:
        self._known = (user, password)
        self._auth: httpx2.Auth = httpx2.Auth()

    def sign(self, request: httpx2.Request) -> None:
        """Adds what the server has wanted so far, if anything."""
        next(self._auth.sync_auth_flow(request))

    def answer(self, request: httpx2.Request, headers: list[str], answered: list[str]) -> bool:
        """Signs a refused request anew; False: it was refused for good.

        headers: WWW-Authenticate; answered: nonces that this request has answered already, in any
        order; one is added. A nonce that had grown old is no refusal, whatever `stale` says.
        Raises SourceFailure where nothing of what is wanted is known.
        """
        offered = challenges(headers)
        chosen = _chosen(offered)
        if chosen.nonce in answered or len(answered) >= _FRESH:
            return False
        answered.append(chosen.nonce)
        if chosen.scheme == "basic":
            self._auth = httpx2.BasicAuth(*self._known)
            self.sign(request)
            return True
        self._auth = httpx2.DigestAuth(*self._known)
        flow = self._auth.sync_auth_flow(request)
        next(flow)
        flow.send(httpx2.Response(401, headers=[(b"www-authenticate", _alone(chosen))]))
        return True


def _alone(chosen: Challenge) -> bytes:
    """This challenge as httpx2 wants it: a realm, and no way of `qop` but the one it knows."""
    fields = {"realm": "", **chosen.parameters}
    if "qop" in fields:
        fields["qop"] = "auth"
    said = (f'{name}="{_escaped(value)}"' for name, value in fields.items())
    return f"Digest {', '.join(said)}".encode()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _chosen(offered: list[Challenge]) -> Challenge:
    """The strongest that can be answered; of several the first. Raises SourceFailure."""
    for algorithm in _ALGORITHMS:
        for one in offered:
            if one.scheme == "digest" and one.answerable([algorithm]):
                return one
    for one in offered:
        if one.scheme == "basic":
            return one
    names = ", ".join(dict.fromkeys(one.name for one in offered)) or "nothing that is known"
    raise SourceFailure(
        "auth", f"the login that is wanted is not known here: {names}; set it to digest or basic"
    )
