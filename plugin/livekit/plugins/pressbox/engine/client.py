"""One engine server: what it is found to be, and the requests to it."""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import openai

from .chunks import Delta, GarbageError, parse_chunk
from .dialect import Card, Dialect, recognised, standard
from .errors import (
    FAILURES,
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineUnavailable,
    cause,
    refusal,
    translated,
)
from .limits import Limits, Refusal, takes_no_sound
from .request import EngineRequest
from .sound import SoundReader
from .thoughts import Thoughts

CONNECT_TIMEOUT = 5.0
"""Seconds to connect, and to be told the model's name."""
CHUNK_TIMEOUT = 10.0
"""Seconds between two chunks of one answer."""
QUESTION_TIMEOUT = 2.0
"""Seconds for whatever else an engine is asked about itself."""
MAX_LESSONS = 4
"""How often one request is tried again, each time asking for less."""

THINKS = (
    "the model spends all its {} tokens on thinking: take one that does not think, or give it more "
    "(TTS_MAX_NEW_TOKENS, max_new_tokens)"
)

Recognise = Callable[[Card, bool, Callable[[str], Awaitable[Card]]], Awaitable[Dialect]]
"""See ``dialect.recognised``."""
T = TypeVar("T")


class EngineClient:
    """Speaks to one engine server."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str = "",
        model: str = "",
        timeout: float = CHUNK_TIMEOUT,
        client: openai.AsyncClient | None = None,
        must_see: bool = True,
        dialect: Dialect | None = None,
        recognise: Recognise = recognised,
    ) -> None:
        """
        Args:
            base_url: Like ``http://127.0.0.1:8198/v1``.
            api_key: Empty when the engine wants none.
            model: Empty: the first one that the engine lists.
            timeout: Seconds to connect, and between two chunks of one answer.
            client: One to share, which knows address and key, and stays yours to close.
            must_see: An engine that takes no pictures is of no use.
            dialect: How it is asked; None: ``recognise`` says it at the first contact.

        Raises:
            ValueError: ``base_url`` is not an HTTP address, or carries a password or a query, which
                HTTP libraries write into logs.
        """
        self._must_see = must_see
        self._near = is_loopback(checked(base_url))
        self._root = base_url.rstrip("/").removesuffix("/v1")
        self._timeout = timeout
        self._given_dialect = dialect
        self._recognise = recognise
        self.dialect = dialect or standard("", near=self._near)
        self._traits = self.dialect.traits
        self._limits = Limits()
        self.contacted = False
        """Whether it was found out what is there."""
        self._is_stale = False
        """Whether another model may be there by now."""
        self._gives_speech: bool | None = None
        self._deaf = False
        self._thinks: bool | None = None
        """Whether its answers begin in the midst of a thought; None: not known."""
        self._api_key = client.api_key if client else api_key
        self._given_model = self.model = model
        self._is_shared = client is not None
        own = client or openai.AsyncClient(
            base_url=base_url,
            api_key=api_key or "none",
            http_client=openai.DefaultAsyncHttpxClient(trust_env=not self._near),
        )
        limits = openai.Timeout(None, connect=min(CONNECT_TIMEOUT, timeout), write=timeout)
        self._client = own.with_options(max_retries=0, timeout=limits)

    @property
    def speaks(self) -> bool | None:
        """Whether it gives speech, None while that is not known."""
        if self._traits.speaks is not None:
            return self._traits.speaks
        return self._gives_speech if self._limits.audio else False

    @property
    def hears(self) -> bool:
        """Whether it takes spoken questions (``input_audio``)."""
        return self.contacted and self._traits.hears and not self._deaf

    async def reach(self) -> None:
        """Check that the engine answers, and learn what it is and the model's name."""
        cards: list[Card] = []
        try:
            cards = await self._listed(CONNECT_TIMEOUT)
        except (EngineRejected, EngineProtocolError):  # it is there, and need not list its models
            if not self._given_model:
                raise
        if not cards and not self._given_model:
            raise EngineProtocolError("the engine lists no model")
        await self._examine(cards)

    async def stream(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        """The answer, piece by piece; closing the generator cancels the request.

        Raises:
            EngineError: Also in the midst of an answer.
        """
        if self._is_stale or not (self.model and self.contacted):
            await self.reach()
        finished = sounded = False
        sound = SoundReader()
        thoughts = Thoughts(opened=False if self.dialect.name == "pressbox" else self._thinks)
        try:
            async with aclosing(self._chunks(request)) as chunks:
                async for chunk in chunks:
                    for delta in map(thoughts.part, parse_chunk(chunk)):
                        finished = finished or bool(delta.finish)
                        sounded = sounded or bool(delta.pcm)
                        yield replace(delta, pcm=sound.push(delta.pcm)) if delta.pcm else delta
            if rest := sound.flush():
                yield Delta(pcm=rest)
        except FAILURES as error:
            failure = translated(error, self._api_key)
            self._forget(failure)
            raise failure from cause(error)
        if not finished:
            raise EngineUnavailable("the engine ended its answer early")
        self._thinks = thoughts.opened
        if thoughts.took_all:
            self._limits = replace(self._limits, thinks=True)
            yield Delta(notice=THINKS.format(request.max_tokens))
        if sounded:
            self._gives_speech = True
        elif request.audio and thoughts.said and self._gives_speech is None:
            self._gives_speech = False

    async def busy(self) -> int:
        """Requests that it says are running and waiting; 0 for engines that do not say.

        Raises EngineError when nothing answers.
        """
        if self.dialect.name == "pressbox":
            answer = _mapping(await self._ask(f"{self._root}/health"))
            counts = (answer.get("running"), answer.get("waiting"))
            return sum(count for count in counts if isinstance(count, int) and count > 0)
        with suppress(EngineRejected, EngineProtocolError):
            await self._listed(QUESTION_TIMEOUT)
        return 0

    async def aclose(self) -> None:
        """Let the connections go. Idempotent."""
        if not self._is_shared:
            await self._client.close()

    async def _chunks(self, request: EngineRequest) -> AsyncGenerator[object, None]:
        """The answer's chunks; what the engine refuses is left out and asked for no more. Some
        refuse by the status, some as the first thing in a stream.
        """
        for lessons in itertools.count(1):
            sent = self.dialect.arguments(request, self.model, self._limits, self._traits)
            begun = False
            try:
                answer = await self._client.chat.completions.create(**sent)
                async with answer, aclosing(answer.__stream__()) as chunks:
                    while (chunk := await self._next(chunks)) is not None:
                        begun = True
                        yield chunk
                return
            except openai.APIError as error:
                if begun or lessons > MAX_LESSONS or not self._learns(refusal(error), sent):
                    raise

    def _learns(self, refused: Refusal, sent: Mapping[str, Any]) -> bool:
        """Whether the request may be tried again, asking for less."""
        self._deaf = self._deaf or takes_no_sound(refused)
        limits = self.dialect.learned(self._limits, refused, sent)
        self._limits = limits or self._limits
        return limits is not None

    async def _examine(self, cards: list[Card]) -> None:
        card = next((card for card in cards if card["id"] == self._given_model), None)
        card = card or (cards[0] if cards else {})
        model = self._given_model or str(card["id"])
        dialect = self._given_dialect or await self._recognise(card, self._near, self._told)
        question = dialect.question(model)
        answer = await self._told(*question) if question else {}
        if type(dialect) is not type(self.dialect) or model != self.model:
            self._limits, self._gives_speech, self._deaf = Limits(), None, False
            self._thinks = None
        self.dialect = dialect
        self._traits = dialect.examined({**card, "id": model}, answer)
        if self._traits.blind and self._must_see:
            raise EngineRejected(f"the engine sees no pictures: {self._traits.blind}")
        self.model, self.contacted, self._is_stale = model, True, False

    async def _listed(self, timeout: float) -> list[Card]:
        """The entries of its list of models that have a name. Raises EngineError."""
        answer = _mapping(await self._ask("/models", timeout=timeout))
        cards = answer.get("data") or []  # Ollama's is null where nothing was pulled
        if "data" not in answer or not isinstance(cards, list):
            raise EngineProtocolError("the engine sent garbage: its list of models is none")
        named = [card for card in cards if isinstance(card, Mapping)]
        return [card for card in named if isinstance(card.get("id"), str) and card["id"]]

    async def _told(self, path: str, body: Card | None = None) -> Card:
        """What the engine says of itself; nothing, if it does not say."""
        try:
            return _mapping(await self._ask(self._root + path, body))
        except EngineError:
            return {}

    async def _ask(
        self, url: str, body: Card | None = None, *, timeout: float = QUESTION_TIMEOUT
    ) -> object:
        client = self._client
        try:
            async with asyncio.timeout(timeout):
                if body is None:
                    return await _read(client.get(url, cast_to=object))
                return await _read(client.post(url, cast_to=object, body=dict(body)))
        except FAILURES as error:
            raise translated(error, self._api_key) from cause(error)

    async def _next(self, chunks: AsyncGenerator[object, None]) -> object | None:
        async with asyncio.timeout(self._timeout * self.dialect.patience):
            return await _read(anext(chunks, None))

    def _forget(self, failure: EngineError) -> None:
        """What is there next may be another model, or another engine altogether."""
        self._is_stale |= isinstance(failure, EngineRejected)
        if isinstance(failure, EngineUnavailable) and failure.status is None:
            self.contacted, self._limits = False, Limits()


def checked(base_url: str) -> str:
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


def is_loopback(host: str) -> bool:
    """A proxy from the environment must not stand between us and our own machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def _read(waiting: Awaitable[T]) -> T:
    """What came, read by openai's library, which lets through whatever it stumbles over."""
    try:
        return await waiting
    except FAILURES:
        raise
    except Exception as error:
        raise GarbageError(type(error).__name__) from error


def _mapping(answer: object) -> Card:
    return answer if isinstance(answer, Mapping) else {}
