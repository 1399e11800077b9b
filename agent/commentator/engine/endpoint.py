"""One engine server: what it is found to be, and the requests to it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import openai

from agent.commentator.engine.chunks import Delta, GarbageError
from agent.commentator.engine.dialects import Dialect, Question, by_api, owned
from agent.commentator.engine.dialects.pressbox import Pressbox
from agent.commentator.engine.dialects.text_only import Ollama
from agent.commentator.engine.errors import (
    FAILURES,
    EngineError,
    EngineProtocolError,
    EngineRejected,
    EngineUnavailable,
    cause,
    refusal,
    translated,
)
from agent.commentator.engine.limits import Limits, takes_no_sound
from agent.commentator.engine.request import EngineRequest
from agent.commentator.engine.sound import SoundReader

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
        self,
        base_url: str,
        *,
        api: str = "auto",
        api_key: str = "",
        model: str = "",
        connect_timeout: float = CONNECT_TIMEOUT,
        chunk_timeout: float = CHUNK_TIMEOUT,
    ) -> None:
        """See ``EngineClient``. Raises ValueError."""
        host = checked(base_url)
        self._near = _is_loopback(host)
        self._root = base_url.rstrip("/").removesuffix("/v1")
        self._given_dialect = by_api(api)
        self._dialect = self._given_dialect or owned("", near=self._near)
        self._traits = self._dialect.traits
        self._limits = Limits()
        self._contacted = False
        self._gives_speech: bool | None = None
        self._deaf = False
        self._api_key = api_key
        self._given_model = self._model = model
        self._connect_timeout = connect_timeout
        self._chunk_timeout = chunk_timeout
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=openai.Timeout(None, connect=connect_timeout, write=chunk_timeout),
            http_client=openai.DefaultAsyncHttpxClient(trust_env=not self._near),
        )

    @property
    def model(self) -> str:
        """The model's name, empty while it is not known."""
        return self._model

    @property
    def dialect(self) -> str:
        """What kind of engine it is taken for."""
        return self._dialect.name

    @property
    def contacted(self) -> bool:
        """Whether it was found out what is there."""
        return self._contacted

    @property
    def speaks(self) -> bool | None:
        """Whether it gives speech, None while that is not known."""
        if self._traits.speaks is not None:
            return self._traits.speaks
        return self._gives_speech if self._limits.audio else False

    @property
    def hears(self) -> bool:
        """Whether it takes spoken questions (``input_audio``)."""
        return self._contacted and self._traits.hears and not self._deaf

    async def reach(self) -> None:
        """Check that the engine answers, and learn what it is and the model's name."""
        cards: list[Card] = []
        try:
            cards = await self._listed(self._connect_timeout)
        except EngineError as failure:
            if not (self._given_model and _answered(failure)):
                raise
        if not cards and not self._given_model:
            raise EngineProtocolError("the engine lists no model")
        await self._examine(cards)

    async def stream(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        """The answer, piece by piece; closing the generator cancels the request.

        Raises:
            EngineError: Also in the midst of an answer.
        """
        if not (self._model and self._contacted):
            await self.reach()
        finished, told, sounded = False, False, False
        sound = SoundReader()
        try:
            answer = await self._opened(request)
            async with answer, aclosing(answer.__stream__()) as chunks:
                while (chunk := await self._next(chunks)) is not None:
                    for delta in self._dialect.read(chunk):
                        finished = finished or bool(delta.finish)
                        told = told or bool(delta.text)
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
        self._note_speech(request, told=told, sounded=sounded)

    async def busy(self) -> int:
        """Requests that it says are running and waiting; 0 for engines that do not say.

        Raises EngineError when nothing answers.
        """
        if isinstance(self._dialect, Pressbox):
            answer = await self._ask(Question("/health"))
            counts = (answer.get("running"), answer.get("waiting"))
            return sum(count for count in counts if isinstance(count, int) and count > 0)
        try:
            await self._listed(QUESTION_TIMEOUT)
        except EngineError as failure:
            if not _answered(failure):
                raise
        return 0

    async def aclose(self) -> None:
        await self._client.close()

    async def _listed(self, timeout: float) -> list[Card]:
        try:
            async with asyncio.timeout(timeout):
                return _cards(await _read(self._client.get("/models", cast_to=object)))
        except FAILURES as error:
            raise translated(error, self._api_key) from cause(error)

    async def _opened(self, request: EngineRequest) -> Any:
        """The answer's stream; what the engine refuses is left out and asked for no more."""
        lessons = 0
        while True:
            sent = self._dialect.arguments(request, self._model, self._limits, self._traits)
            try:
                return await self._client.chat.completions.create(**sent)
            except openai.APIStatusError as error:
                refused = refusal(error)
                self._deaf = self._deaf or takes_no_sound(refused)
                limits = self._dialect.learned(self._limits, refused, sent)
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
        answer = await self._asked(question) if question else {}
        if type(dialect) is not type(self._dialect) or model != self._model:
            self._limits, self._gives_speech, self._deaf = Limits(), None, False
        self._dialect = dialect
        self._traits = dialect.examined(card, answer)
        if self._traits.blind:
            raise EngineRejected(f"the engine sees no pictures: {self._traits.blind}")
        self._model, self._contacted = model, True

    async def _recognised(self, card: Card) -> Dialect:
        """By its owner. Ollama's models are owned by whoever made them, but all have a tag."""
        dialect = owned(str(card.get("owned_by")), near=self._near)
        if dialect.name == "openai" and ":" in str(card.get("id", "")):
            version = await self._asked(Question("/api/version"))
            return Ollama() if "version" in version else dialect
        return dialect

    async def _asked(self, question: Question) -> Mapping[str, Any]:
        """What the engine says of itself; nothing, if it does not say."""
        try:
            return await self._ask(question)
        except EngineError:
            return {}

    async def _ask(self, question: Question) -> Mapping[str, Any]:
        url = self._root + question.path
        try:
            async with asyncio.timeout(QUESTION_TIMEOUT):
                if question.body is None:
                    answer = await _read(self._client.get(url, cast_to=object))
                else:
                    body = dict(question.body)
                    answer = await _read(self._client.post(url, cast_to=object, body=body))
        except FAILURES as error:
            raise translated(error, self._api_key) from cause(error)
        return answer if isinstance(answer, Mapping) else {}

    async def _next(self, chunks: AsyncGenerator[object, None]) -> object | None:
        async with asyncio.timeout(self._chunk_timeout * self._dialect.patience):
            return await _read(anext(chunks, None))

    def _forget(self, failure: EngineError) -> None:
        """What is there next may be another model, or another engine altogether."""
        if isinstance(failure, EngineRejected):
            self._model = self._given_model
        if isinstance(failure, EngineUnavailable) and failure.status is None:
            self._contacted, self._limits = False, Limits()

    def _note_speech(self, request: EngineRequest, *, told: bool, sounded: bool) -> None:
        if sounded:
            self._gives_speech = True
        elif request.audio and told and self._gives_speech is None:
            self._gives_speech = False


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


def _is_loopback(host: str) -> bool:
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


def _cards(listed: object) -> list[Card]:
    """The entries of a list of models that have a name. Raises GarbageError."""
    cards = listed.get("data") if isinstance(listed, Mapping) else None
    if not isinstance(cards, list):
        raise GarbageError("its list of models is none")
    named = [card for card in cards if isinstance(card, Mapping)]
    return [card for card in named if isinstance(card.get("id"), str) and card["id"]]


def _answered(failure: EngineError) -> bool:
    """Whether an engine is there, although it does not list its models."""
    return isinstance(failure, EngineRejected | EngineProtocolError)
