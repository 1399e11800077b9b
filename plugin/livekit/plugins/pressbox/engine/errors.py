"""What can go wrong with an engine. Other libraries' errors become ours here and nowhere else.

No error text contains a key or the credentials of a URL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import openai
from livekit.agents import APIConnectionError, APIError, APIStatusError, APITimeoutError

from .chunks import GarbageError
from .limits import Refusal, takes_no_pictures

DEADLINE = "deadline_exceeded"
"""Code with which Pressbox's engines drop a request that is too late."""

STARTING = "engine_starting"
"""Code with which they say that the model is not loaded yet."""


class EngineError(Exception):
    """The engine did not do what it was asked; the text is one clear line.

    ``status`` is the HTTP status of its answer, None when there was no answer.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def recoverable(self) -> bool:
        """Whether it may go away by itself, so that asking again is of use."""
        return True


class EngineUnavailable(EngineError):  # noqa: N818 - a state, as openai names its own
    """No connection, or the engine says that it cannot serve now."""


class EngineStarting(EngineUnavailable):
    """It is there and loads its model: worth asking again soon."""


class EngineRejected(EngineError):  # noqa: N818
    """The engine refuses the request as it is: wrong key, wrong model, wrong field."""

    @property
    def recoverable(self) -> bool:
        """A key and a model stay wrong; a model that sees nothing has no status here."""
        return self.status not in {None, 401, 403, 404}


class EngineTimeout(EngineError):  # noqa: N818
    """Nothing came in time. ``unreached``: it was not even possible to connect."""

    def __init__(self, message: str, *, unreached: bool = False) -> None:
        super().__init__(message)
        self.unreached = unreached


class EngineProtocolError(EngineError):
    """What came is not what the API promises."""


FAILURES = (EngineError, GarbageError, TimeoutError, openai.APIError)
"""What an engine that fails ends in, here and in openai's library. Anything else is a mistake in
this program and stays what it is.
"""


def translated(error: Exception, secret: str) -> EngineError:
    """Our error for one of ``FAILURES``; ``secret`` is kept out of its text."""
    if isinstance(error, EngineError):
        return error
    if isinstance(error, TimeoutError | openai.APITimeoutError):
        unreached = isinstance(error, openai.APITimeoutError)
        return EngineTimeout("the engine did not answer in time", unreached=unreached)
    if isinstance(error, openai.APIConnectionError):
        return EngineUnavailable("no connection to the engine")
    if isinstance(error, openai.APIError):
        if (refused := refusal(error)).status:
            return _refused(refused, secret)
        return EngineUnavailable(f"the engine failed: {_safe(error.message, secret)}")
    return EngineProtocolError(f"the engine sent garbage: {_safe(str(error), secret)}")


def cause(error: Exception) -> Exception | None:
    """What may stand in a traceback: an HTTP error's body may quote the key that was sent."""
    return None if isinstance(error, openai.APIError | EngineError) else error


def refusal(error: openai.APIError) -> Refusal:
    """What the engine said, in whichever of the usual shapes it said it."""
    body = error.body
    message: object = None
    if isinstance(body, Mapping):
        message = body.get("message") or body.get("detail")
    code = str(error.code or "")
    within = int(code) if code.isdecimal() else 0  # a stream that began with status 200
    return Refusal(
        status=getattr(error, "status_code", within),
        message=_unpacked(str(message or error.message)),
        param=str(error.param or ""),
        code=code,
    )


def _unpacked(message: str) -> str:
    """Ollama hands on the whole answer of its llama-server as the message."""
    try:
        return str(json.loads(message)["error"]["message"])
    except (ValueError, LookupError, TypeError):
        return message


def _refused(refusal: Refusal, secret: str) -> EngineError:
    status = refusal.status
    if status == 503 and refusal.code == DEADLINE:
        return EngineTimeout("the engine had no time for the request before its deadline")
    text = f"the engine answered {status}: {_safe(refusal.message, secret)}"
    if takes_no_pictures(refusal):
        return EngineRejected(f"the engine's model sees no pictures; {text}")  # and never will
    loading = refusal.code == STARTING or "loading model" in refusal.message.lower()
    if status == 503 and loading:
        return EngineStarting("the engine is still loading its model", status=status)
    if status == 429 or status >= 500:
        return EngineUnavailable(text, status=status)
    return EngineRejected(text, status=status)


def _safe(text: object, secret: str) -> str:
    line = " ".join(str(text).split())
    return (line.replace(secret, "***") if secret else line)[:200]


def api_error(error: EngineError) -> APIError:
    """LiveKit's error for one of ours."""
    retryable = error.recoverable
    if isinstance(error, EngineTimeout):
        return APITimeoutError(str(error), retryable=retryable)
    if error.status is not None:
        return APIStatusError(str(error), status_code=error.status, retryable=retryable)
    if isinstance(error, EngineUnavailable):
        return APIConnectionError(str(error), retryable=retryable)
    return APIError(str(error), retryable=retryable)
