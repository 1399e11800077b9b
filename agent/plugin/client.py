"""The client of an engine: OpenAI chat completions, streamed, with text and speech.

This is the one place where other libraries' errors become ours. No error text contains a key or
the credentials of a URL.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import openai

from .line import Kind
from .prompt import Message
from .sse import Delta, GarbageError, parse_chunk

CONNECT_TIMEOUT = 5.0
"""Seconds to connect, and to be told the model's name."""
CHUNK_TIMEOUT = 10.0
"""Seconds between two chunks of one answer."""


class EngineError(Exception):
    """The engine did not do what it was asked; the text is one clear line."""


class EngineUnavailable(EngineError):  # noqa: N818 - a state, as openai names its own
    """No connection, or the engine says that it cannot serve now.

    ``status`` is the HTTP status of its answer, None when there was no answer.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class EngineRejected(EngineError):  # noqa: N818
    """The engine refuses the request as it is: wrong key, wrong model, wrong field."""


class EngineTimeout(EngineError):  # noqa: N818
    """Nothing came in time."""


class EngineProtocolError(EngineError):
    """What came is not what the API promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """One request.

    Attributes:
        messages: OpenAI chat messages.
        kind: What the answer is for; with ``room`` it orders the engine's queue.
        deadline: Seconds from now after which the engine may drop the request unserved.
        frame_times: Seconds of each picture relative to the anchor, at most 0.
    """

    messages: Sequence[Message]
    kind: Kind = "commentary"
    room: str = ""
    voice: str = ""
    audio: bool = True
    max_tokens: int = 96
    deadline: float | None = None
    frame_times: Sequence[float] = ()

    def arguments(self, model: str) -> dict[str, Any]:
        """The arguments of ``chat.completions.create``."""
        extra: dict[str, Any] = {"kind": self.kind, "frame_times": list(self.frame_times)}
        if self.room:
            extra["room"] = self.room
        if self.deadline is not None:
            extra["deadline_ms"] = max(1, int(self.deadline * 1000))
        arguments: dict[str, Any] = {
            "model": model,
            "messages": list(self.messages),
            "modalities": ["text", "audio"] if self.audio else ["text"],
            "max_completion_tokens": self.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "extra_body": {"pressbox": extra},
        }
        if self.audio:
            arguments["audio"] = {"voice": self.voice or "default", "format": "pcm16"}
        return arguments


class EngineClient:
    """Speaks to one engine server. Raises EngineError and nothing else."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str = "",
        model: str = "",
        connect_timeout: float = CONNECT_TIMEOUT,
        chunk_timeout: float = CHUNK_TIMEOUT,
    ) -> None:
        """
        Args:
            base_url: Like ``http://127.0.0.1:8198/v1``.
            api_key: Empty when the engine wants none.
            model: Empty: the first one that the engine lists.
            connect_timeout: Seconds.
            chunk_timeout: Seconds between two chunks.

        Raises:
            ValueError: ``base_url`` is not an HTTP address, or carries a password or a query, which
                HTTP libraries write into logs.
        """
        host = _checked(base_url)
        self._api_key = api_key
        self._given_model = self._model = model
        self._connect_timeout = connect_timeout
        self._chunk_timeout = chunk_timeout
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=openai.Timeout(None, connect=connect_timeout, write=chunk_timeout),
            http_client=openai.DefaultAsyncHttpxClient(trust_env=not _is_loopback(host)),
        )

    @property
    def model(self) -> str:
        """The model's name, empty while it is not known."""
        return self._model

    @staticmethod
    def check_url(base_url: str) -> None:
        """Raise ValueError, without quoting it, when it is not an HTTP address."""
        _checked(base_url)

    async def reach(self) -> None:
        """Check that the engine answers, and learn the model's name where none was given."""
        try:
            async with asyncio.timeout(self._connect_timeout):
                listed = await self._client.models.list()
            names = [name for item in listed.data if isinstance(name := item.id, str) and name]
        except Exception as error:
            failure = self._translated(error)
            if self._given_model and _answered(failure):
                return
            raise failure from _cause(error)
        if not names and not self._given_model:
            raise EngineProtocolError("the engine lists no model")
        self._model = self._given_model or names[0]

    async def stream(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        """The answer, piece by piece; closing the generator cancels the request.

        Raises:
            EngineError: Also in the midst of an answer.
        """
        if not self._model:
            await self.reach()
        finished = False
        try:
            answer = await self._client.chat.completions.create(**request.arguments(self._model))
            async with answer, aclosing(answer.__stream__()) as chunks:
                while (chunk := await self._next(chunks)) is not None:
                    deltas = parse_chunk(chunk)
                    finished = finished or any(delta.finish for delta in deltas)
                    for delta in deltas:
                        yield delta
        except Exception as error:
            failure = self._translated(error)
            if isinstance(failure, EngineRejected):
                self._model = self._given_model
            raise failure from _cause(error)
        if not finished:
            raise EngineUnavailable("the engine ended its answer early")

    async def aclose(self) -> None:
        await self._client.close()

    async def _next(self, chunks: AsyncGenerator[object, None]) -> object | None:
        async with asyncio.timeout(self._chunk_timeout):
            return await anext(chunks, None)

    def _translated(self, error: Exception) -> EngineError:
        if isinstance(error, EngineError):
            return error
        if isinstance(error, TimeoutError | openai.APITimeoutError):
            return EngineTimeout("the engine did not answer in time")
        if isinstance(error, openai.APIStatusError):
            return self._refused(error)
        if isinstance(error, openai.APIConnectionError):
            return EngineUnavailable("no connection to the engine")
        if isinstance(error, openai.APIError):
            return EngineUnavailable(f"the engine failed: {self._safe(error.message)}")
        if isinstance(error, GarbageError):
            return EngineProtocolError(f"the engine sent garbage: {self._safe(str(error))}")
        return EngineProtocolError(f"the engine sent garbage ({type(error).__name__})")

    def _refused(self, error: openai.APIStatusError) -> EngineError:
        status = error.status_code
        if status == 503 and error.code == "deadline_exceeded":
            return EngineTimeout("the engine had no time for the request before its deadline")
        text = f"the engine answered {status}: {self._safe(error.message)}"
        if status == 429 or status >= 500:
            return EngineUnavailable(text, status=status)
        return EngineRejected(text)

    def _safe(self, text: object) -> str:
        line = " ".join(str(text).split())
        return (line.replace(self._api_key, "***") if self._api_key else line)[:200]


def _cause(error: Exception) -> Exception | None:
    """What may stand in a traceback: an HTTP error's body may quote the key that was sent."""
    return None if isinstance(error, openai.APIError | EngineError) else error


def _answered(failure: EngineError) -> bool:
    """Whether an engine is there, although it does not list its models."""
    return isinstance(failure, EngineRejected | EngineProtocolError)


def _checked(base_url: str) -> str:
    """The host of the address. Raises ValueError without quoting it."""
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("the engine's address is not a URL") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("the engine's address must look like http://127.0.0.1:8198/v1")
    if parts.username or parts.password or parts.query:
        raise ValueError("the engine's address must carry no password and no query: use the key")
    return host


def _is_loopback(host: str) -> bool:
    """A proxy from the environment must not stand between us and our own machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
