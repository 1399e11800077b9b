"""What goes wrong with the service, and how to start one."""

from __future__ import annotations

import asyncio
from typing import Literal

import aiohttp
from livekit import api

FaultKind = Literal["no_service", "no_server", "refused", "not_found", "wrong", "taken"]

START = "docs/livekit-ingress.md says how to run one"

ERRORS = (api.TwirpError, aiohttp.ClientError, asyncio.TimeoutError, OSError)
"""What a call of the server's API may raise."""


class IngressServiceError(Exception):
    """The service cannot do this. `str()` is one line without secrets.

    kind: no_service: none is there; no_server: not even the LiveKit server answers; refused: it is
    busy, or the API key is not accepted; not_found, taken, wrong: what was asked for.
    """

    def __init__(self, kind: FaultKind, text: str) -> None:
        super().__init__(text)
        self.kind: FaultKind = kind


def translated(error: BaseException) -> IngressServiceError:
    """The error of a call in words. The server's own text is not shown: an address may be in it."""
    if not isinstance(error, api.TwirpError):
        return IngressServiceError("no_server", "the LiveKit server does not answer")
    said = error.message.lower()
    if "redis" in said or "ingress not connected" in said:
        return IngressServiceError(
            "no_service", f"this LiveKit server knows no LiveKit Ingress (it has no redis): {START}"
        )
    if "no response from servers" in said:
        # Nobody is there, or everybody there has said no.
        return IngressServiceError("no_service", f"no LiveKit Ingress answers: {START}")
    if "capacity" in said or error.code == "resource_exhausted":
        return IngressServiceError("refused", "LiveKit Ingress is too busy for one more")
    if error.status in (401, 403):
        return IngressServiceError(
            "refused", "the LiveKit server refuses LIVEKIT_API_KEY and LIVEKIT_API_SECRET"
        )
    if error.code == "not_found":
        return IngressServiceError("not_found", "there is no such ingress")
    if error.code in ("unavailable", "deadline_exceeded"):
        return IngressServiceError("no_service", f"no LiveKit Ingress answers: {START}")
    if error.code == "invalid_argument":
        return IngressServiceError("wrong", "LiveKit Ingress does not take this")
    return IngressServiceError("refused", f"the LiveKit server answers {error.code}")
