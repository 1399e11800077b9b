"""One engine server: what it is found to be, and the requests to it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import openai
from livekit.plugins.pressbox.engine.chunks import Delta, GarbageError, is_blank, parse_chunk
from livekit.plugins.pressbox.engine.errors import (
    FAILURES,
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineUnavailable,
    cause,
    refusal,
    translated,
)
from livekit.plugins.pressbox.engine.limits import Limits, takes_no_sound
from livekit.plugins.pressbox.engine.request import EngineRequest

from agent.engine.dialects import Dialect, Ollama, by_api, owned
from agent.engine.sound import SoundReader

CONNECT_TIMEOUT = 5.0
"""Seconds to connect, and to be told the model's name."""
CHUNK_TIMEOUT = 10.0
"""Seconds between two chunks of one answer."""
QUESTION_TIMEOUT = 2.0
"""Seconds for whatever else an engine is asked about itself."""
MAX_LESSONS = 4
"""How often one request is tried again, each time asking for less."""

Card = Mapping[str, Any]
T = TypeVar("T")


class Endpoint:
    """Speaks to one engine server."""

    def __init__(
        self, base_url: str, *, api: str, api_key: str, model: str, must_see: bool = True
    ) -> None:
        """See ``EngineClient``. Raises ValueError."""
        self._must_see = must_see
        self._near = is_loopback(checked(base_url))
        self._root = base_url.rstrip("/").removesuffix("/v1")
        self._given_dialect = by_api(api)
        self.dialect = self._given_dialect or owned("", near=self._near)
        self._traits = self.dialect.traits
        self._limits = Limits()
        self.contacted = False
        """Whether it was found out what is there."""
        self._gives_speech: bool | None = None
        self._deaf = False
        self._api_key = api_key
        self._given_model = self.model = model
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=openai.Timeout(None, connect=CONNECT_TIMEOUT, write=CHUNK_TIMEOUT),
            http_client=openai.DefaultAsyncHttpxClient(trust_env=not self._near),
        )

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
        if not (self.model and self.contacted):
            await self.reach()
        finished, told, sounded = False, False, False
        sound = SoundReader()
        try:
            answer = await self._opened(request)
            async with answer, aclosing(answer.__stream__()) as chunks:
                while (chunk := await self._next(chunks)) is not None:
                    for delta in parse_chunk(chunk):
                        finished = finished or bool(delta.finish)
                        told = told or not is_blank(delta.text)  # dots are not spoken
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
        if sounded:
            self._gives_speech = True
        elif request.audio and told and self._gives_speech is None:
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
        await self._client.close()

    async def _opened(self, request: EngineRequest) -> Any:
        """The answer's stream; what the engine refuses is left out and asked for no more."""
        lessons = 0
        while True:
            sent = self.dialect.arguments(request, self.model, self._limits, self._traits)
            try:
                return await self._client.chat.completions.create(**sent)
            except openai.APIStatusError as error:
                refused = refusal(error)
                self._deaf = self._deaf or takes_no_sound(refused)
                limits = self.dialect.learned(self._limits, refused, sent)
                lessons += 1
                if limits is None or lessons > MAX_LESSONS:
                    raise
                self._limits = limits

    async def _examine(self, cards: list[Card]) -> None:
        card = next((card for card in cards if card["id"] == self._given_model), None)
        card = card or (cards[0] if cards else {})
        model = self._given_model or str(card["id"])
        dialect = self._given_dialect or await self._recognised(card)
        question = dialect.question(model)
        answer = await self._told(*question) if question else {}
        if type(dialect) is not type(self.dialect) or model != self.model:
            self._limits, self._gives_speech, self._deaf = Limits(), None, False
        self.dialect = dialect
        self._traits = dialect.examined(card, answer)
        if self._traits.blind and self._must_see:
            raise EngineRejected(f"the engine sees no pictures: {self._traits.blind}")
        self.model, self.contacted = model, True

    async def _recognised(self, card: Card) -> Dialect:
        """By its owner. Ollama's models are owned by whoever made them, but all have a tag."""
        dialect = owned(str(card.get("owned_by")), near=self._near)
        strange = dialect.name == "openai" and ":" in str(card.get("id", ""))
        return Ollama() if strange and "version" in await self._told("/api/version") else dialect

    async def _listed(self, timeout: float) -> list[Card]:
        """The entries of its list of models that have a name. Raises EngineError."""
        cards = _mapping(await self._ask("/models", timeout=timeout)).get("data")
        if not isinstance(cards, list):
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
        async with asyncio.timeout(CHUNK_TIMEOUT * self.dialect.patience):
            return await _read(anext(chunks, None))

    def _forget(self, failure: EngineError) -> None:
        """What is there next may be another model, or another engine altogether."""
        if isinstance(failure, EngineRejected):
            self.model = self._given_model
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
