"""Speaks the text of an answer while it comes, for engines that do not speak themselves.

A line has one voice. Where the engine's own speech breaks off in the midst of a line, its text
goes on as captions and nobody else takes over: how far the engine had got cannot be known, and a
second voice that repeats or leaves out words is worse than none. Where it gave no sound at all,
the whole text is spoken here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace

from livekit.plugins.pressbox.commentator.clauses import whole_clauses
from livekit.plugins.pressbox.engine import Delta, is_blank

from agent.voice.choice import VoiceChoice
from agent.voice.joined_speech import JoinedSpeech
from agent.voice.sentences import Piece, SentenceCutter
from speech.voice import SpeechError, Voice

logger = logging.getLogger(__name__)

REST_FIRST = 2.0
REST_MAX = 30.0
"""Seconds for which a voice that has failed is left alone, doubled each time: lines are text only
meanwhile, instead of waiting for it and coming too late.
"""
MOST_PATIENCE = 2.0
"""Seconds of waiting for a first sound, given up by the line's deadline, that count as a failure.
"""

Deltas = AsyncGenerator[Delta, None]
_Pieces = asyncio.Queue[Piece | None]
_Told = asyncio.Queue[Delta | asyncio.Task[None]]
"""Pieces of an answer, and each task that made them once it is over."""


class Speaker:
    """The voice of one session's lines; one line at a time. Belongs to one event loop."""

    def __init__(
        self, choice: VoiceChoice, *, clock: Callable[[], float] = lambda: time.monotonic()
    ) -> None:
        self._choice = choice
        self._clock = clock
        self._voice: Voice | None = None
        self._made_for = ("", "")
        self._failure = ""
        self._failures = 0
        self._rests_until = 0.0
        self._waits_since: float | None = None
        self._preparing: asyncio.Task[None] | None = None

    @property
    def always(self) -> bool:
        """Whether the engine is asked for text only."""
        return self._choice.always_speaks

    def prepare(self, language: str, voice: str) -> None:
        """Load the voice now, so that the first line need not wait for it."""
        if self._choice.always_speaks:
            self._preparing = asyncio.create_task(
                self._prepare(language, voice), name="pressbox-voice"
            )

    def voiced(
        self, deltas: Deltas, *, engine_speaks: bool | None, language: str, voice: str
    ) -> Deltas:
        """An answer with the speech that it lacks.

        Args:
            deltas: What the engine sends; closed with what is returned.
            engine_speaks: What is known of that; None: it will show.
            language: BCP 47 tag.
            voice: Taken where it is one of the speaker's.

        What is returned raises what ``deltas`` raises, after what is known of the answer has been
        spoken; a failure of the voice ends the sound and comes as a notice.
        """
        if not self._choice.may_speak:
            return deltas
        if self._choice.always_speaks or engine_speaks is False:
            return self._instead(deltas, language, voice)
        return self._if_silent(deltas, language, voice)

    async def aclose(self) -> None:
        """Let the voice go. Idempotent."""
        if self._preparing is not None:
            self._preparing.cancel()
            await asyncio.wait({self._preparing})
        if self._voice is not None:
            await self._voice.aclose()
            self._voice = None

    async def _if_silent(self, deltas: Deltas, language: str, voice: str) -> Deltas:
        """The answer as it is, then its speech if it had none."""
        text, sounded, broken = "", False, False
        async with aclosing(deltas):
            async for delta in deltas:
                text += delta.text
                broken = broken or delta.finish == "length"
                sounded = sounded or bool(delta.pcm)
                yield delta
        if sounded or is_blank(text):
            return
        pieces: _Pieces = asyncio.Queue()
        text = whole_clauses(text) if broken else text
        for piece in (*SentenceCutter().push(f"{text}\n"), None):
            pieces.put_nowait(piece)
        async with aclosing(self._speech(pieces, language, voice)) as speech:
            async for delta in speech:
                yield delta

    async def _instead(self, deltas: Deltas, language: str, voice: str) -> Deltas:
        """The answer's text with our speech, as both come."""
        pieces: _Pieces = asyncio.Queue()
        told: _Told = asyncio.Queue()
        speech = self._speech(pieces, language, voice)
        tasks = [
            asyncio.create_task(_read(deltas, pieces, told), name="pressbox-text"),
            asyncio.create_task(_pass_on(speech, told), name="pressbox-speech"),
        ]
        for task in tasks:
            task.add_done_callback(told.put_nowait)
        sounded, left, failure = False, len(tasks), None
        try:
            while left and (sounded or not failure):
                item = await told.get()
                if isinstance(item, Delta):
                    sounded = sounded or bool(item.pcm)
                    yield item
                else:
                    left -= 1
                    error = item.exception()
                    failure = failure or error
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if failure:
            raise failure

    async def _speech(self, pieces: _Pieces, language: str, voice: str) -> Deltas:
        """The sound of these pieces up to the first None; a failure comes as a notice."""
        joined, self._waits_since = JoinedSpeech(), None
        try:
            while (piece := await pieces.get()) is not None:
                if self._rests_until > self._clock():
                    yield self._notice()
                    return
                async with aclosing(self._sound(piece, joined, language, voice)) as sound:
                    async for pcm in sound:
                        yield Delta(pcm=pcm, voiced=True)
        except SpeechError as error:
            self._failed(str(error))
            yield self._notice()
        finally:
            if self._waited() > MOST_PATIENCE:  # the line was given up meanwhile
                self._failed("the voice gave no sound in time")

    async def _sound(
        self, piece: Piece, joined: JoinedSpeech, language: str, voice: str
    ) -> AsyncGenerator[bytes, None]:
        self._waits_since = self._clock()
        async with aclosing((await self._voice_for(language, voice)).say(piece.text)) as sound:
            async for pcm in sound:
                self._waits_since = None
                self._failures = 0
                if ready := joined.push(pcm):
                    yield ready
        self._waits_since = None
        if rest := joined.end(piece):
            yield rest

    def _waited(self) -> float:
        """Seconds since a text was given to the voice that has not sounded yet."""
        return 0.0 if self._waits_since is None else self._clock() - self._waits_since

    async def _voice_for(self, language: str, voice: str) -> Voice:
        if self._preparing is not None and not self._preparing.done():
            await asyncio.wait({self._preparing})
        wanted = self._choice.depends_on(language, voice)
        if self._voice is None or self._made_for != wanted:
            old, self._voice = self._voice, None
            if old is not None:
                await old.aclose()
            self._voice, self._made_for = self._choice.make(language, voice), wanted
        return self._voice

    async def _prepare(self, language: str, voice: str) -> None:
        try:
            self._made_for = self._choice.depends_on(language, voice)
            self._voice = self._choice.make(language, voice)
            await self._voice.prepare()
        except SpeechError as error:
            self._failed(str(error))
        except Exception:  # whoever wants to speak comes upon it too, and is told
            logger.exception("the voice could not be prepared")

    def _failed(self, why: str) -> None:
        if why != self._failure or not self._failures:
            logger.warning("speech failed: %s", why)
        self._waits_since = None
        self._failure = why
        rest = min(REST_MAX, REST_FIRST * 2.0 ** min(self._failures, 16))
        self._failures += 1
        self._rests_until = self._clock() + rest

    def _notice(self) -> Delta:
        return Delta(notice=f"speech failed, lines are text only: {self._failure}")


async def _read(deltas: Deltas, pieces: _Pieces, told: _Told) -> None:
    """Pass the answer on without its sound, and its text in pieces."""
    cutter, broken = SentenceCutter(), False
    try:
        async with aclosing(deltas):
            async for delta in deltas:
                broken = broken or delta.finish == "length"
                for piece in cutter.push(delta.text):
                    pieces.put_nowait(piece)
                told.put_nowait(replace(delta, pcm=b""))
        for piece in cutter.flush(broken=broken):
            pieces.put_nowait(piece)
    finally:  # of a text that breaks off, whole sentences are still said
        pieces.put_nowait(None)


async def _pass_on(speech: Deltas, told: _Told) -> None:
    async with aclosing(speech):
        async for delta in speech:
            told.put_nowait(delta)
