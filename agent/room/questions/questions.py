"""Has the questions of a room answered, one after another, and tells whoever asked."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from livekit import rtc
from livekit.plugins.pressbox.commentator import Commentator, Line
from opentelemetry import trace

from agent.clock.display_clock import DisplayClock
from agent.room.questions.chat import Chat, Sender
from agent.room.questions.fair_queue import FairQueue, QueueFullError
from agent.room.questions.question import MAX_LENGTH, Over, Question, cleaned, identity_of, person
from agent.room.questions.rpc import QuestionRpc
from agent.room.room import Room
from config.agent_name import GUEST_PREFIX
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.questions")

ANSWER_TIMEOUT = 100.0
"""Seconds for an answer to be made and heard to its end."""

ALOUD_EVERY = 20.0
"""Seconds between two refusals that are said aloud: each of them is written in any case."""

RECENT = 60.0
"""Seconds after an answer for which its asker counts as one of several."""

SHORT = "Answer in one short sentence unless more is asked for."
NAMED = "Begin with the name of who asked: {}."
NAMELESS = "Begin with a few words that say what was asked."

CANNOT = "I cannot answer that now."
INTERRUPTED = "the answer was interrupted"
TAKEN_BACK = "it was taken back"
NOTHING_CAME = f"nothing came in {ANSWER_TIMEOUT:.0f} s"
BROKEN = "the commentator broke off"

NEVER_MIND = frozenset({"never mind", "nevermind", "forget it", "skip", "skip it", "skip that"})
"""What takes back all questions of whoever says it."""


class Questions:
    """Owns the questions of everybody from their arrival until they are answered or refused."""

    def __init__(
        self,
        room: Room,
        commentator: Commentator[Any],
        clock: DisplayClock,
        *,
        remark: Callable[[], str],
        order: Callable[[str, str], str | None],
        count: Callable[[Question], None],
        tell: Tell,
    ) -> None:
        """`remark()`: what an engine is told of the pictures besides, "" for nothing. `order(text,
        asker)`: does what that orders, and returns what to reply, "" for nothing; None where it is
        no order. `count(question)`: one is over. None of them may raise.
        """
        self._room = room
        self._commentator = commentator
        self._clock = clock
        self._remark, self._order, self._count = remark, order, count
        self._tell = tell
        self.queue = FairQueue()
        self._answered: dict[str, float] = {}
        """When the last answer to a person was over."""
        self._arrival = asyncio.Event()
        self._current: tuple[Question, Line] | None = None
        self._refused_at = float("-inf")
        self._said: Line | None = None
        """What was said last of a refusal or an order."""
        self._chat = Chat(room, heard=self._written, refused=self._unread, tell=tell)
        self._rpc = QuestionRpc(
            room,
            put=lambda asker, name, text, steers, over: self.put(
                asker, text, over=over, name=name, steers=steers
            ),
            take_back=lambda asker, name, wanted: self.take_back(person(asker, name), wanted),
        )
        self._tasks = Tasks(tell)

    def start(self) -> None:
        """Begin to listen and to answer."""
        self._chat.start()
        self._rpc.start()
        self._room.on("participant_disconnected", self._gone)
        self._tasks.keep("answering", self._serve)

    async def aclose(self) -> None:
        """Stop; what waits is taken back. Idempotent."""
        self._room.off("participant_disconnected", self._gone)
        self._rpc.stop()
        await self._tasks.aclose()
        for who in self.queue.askers:
            self._take_back_waiting(who)
        await self._chat.aclose()

    def put(
        self,
        asker: str,
        text: str,
        over: Over = lambda _: None,
        *,
        sound: bytes = b"",
        at: float | None = None,
        name: str = "",
        steers: bool = True,
    ) -> tuple[Question, int]:
        """Somebody of this identity asks, in words, by `sound` (16 kHz mono int16) or by both.
        `at`: when that was, `time.monotonic()` seconds, where it is not now. `name`: of who asks,
        where the identity speaks for several. `steers`: whether orders are obeyed, which those of
        guests never are.

        Returns the question, and how many turns off it is; 0: it is over already, an order or
        refused. `over` is called once when it is over, which may be before this returns.
        """
        question = self._new(asker, cleaned(text[: MAX_LENGTH + 1]), over, sound, at, name)
        question.steers = steers and not asker.startswith(GUEST_PREFIX)
        if len(text) > MAX_LENGTH:
            return self._refuse(question, f"it is longer than {MAX_LENGTH} characters"), 0
        if not question.text and not sound:
            question.end("refused", error="there are no words in it")
            return question, 0
        asked = cleaned(asker), question.text or "something, aloud"
        log.info("%s asks: %s", *asked, extra={"line": question.id})
        if (reply := self._ordered(question)) is not None:
            question.end("order", reply=reply)
            return question, 0
        try:
            position = self.queue.put(question)
        except QueueFullError as error:
            return self._refuse(question, str(error)), 0
        self._commentator.silence()
        self._arrival.set()
        return question, position

    def refuse(self, asker: str, why: str, over: Over = lambda _: None) -> None:
        """That identity has asked something that cannot be put, and is told why."""
        self._refuse(self._new(asker, "", over), why)

    def take_back(self, who: str, question_id: str = "") -> list[Question]:
        """Forget what that `person` asked, or the one question of that id: one that waits, or the
        one being answered, which falls silent. Returns them.
        """
        back = self._take_back_waiting(who, question_id)
        question, line = self._current or (None, None)
        if question and line and question.person == who and question_id in ("", question.id):
            question.end("taken back", error=TAKEN_BACK)
            self._commentator.lines.drop(line, "cancelled", TAKEN_BACK)
            back.insert(0, question)
        return back

    def _take_back_waiting(self, who: str, question_id: str = "") -> list[Question]:
        back = self.queue.take_back(who, question_id)
        for question in back:
            self._end(question, "taken back", TAKEN_BACK)
        return back

    # the ways in

    def _written(self, sender: Sender, text: str) -> None:
        self.put(sender.identity, text, over=partial(self._reply, sender))

    def _unread(self, sender: Sender, why: str) -> None:
        self.refuse(sender.identity, why, partial(self._reply, sender))

    def _reply(self, sender: Sender, question: Question) -> None:
        """Text for whoever wrote. What is said aloud comes as a transcription too, which older
        clients do not read.
        """
        if question.error and question.state != "taken back":
            self._chat.reply(sender, f"No answer: {question.error}.")
        elif question.reply and (question.state == "order" or sender.reads != "stream"):
            self._chat.reply(sender, question.reply)

    def _gone(self, participant: rtc.RemoteParticipant) -> None:
        for who in self.queue.askers:
            if identity_of(who) == participant.identity:
                self._take_back_waiting(who)

    def _ordered(self, question: Question) -> str | None:
        """What to reply to an order; None where it is none."""
        if not question.text:
            return None
        if question.text.lower().rstrip(".! ") in NEVER_MIND:
            back = self.take_back(question.person)
            reply: str | None = "All right." if back else "No question of yours is waiting."
        else:
            reply = self._order(question.text, question.asker) if question.steers else None
        if reply:
            self._commentator.silence()
            self._aloud(reply, question, answers=True)
        return reply

    # answers

    async def _serve(self) -> None:
        while True:
            question = self.queue.take()
            if question is None:
                self._arrival.clear()
                await self._arrival.wait()
                continue
            try:
                await self._answer(question)
            finally:  # whoever waits for it must not wait for ever
                self._current = None
                question.end("failed", error=BROKEN)

    async def _answer(self, question: Question) -> None:
        question.state = "asked"
        self._commentator.silence()
        asked = question.text, self._instructions(question), question.sound
        with trace.use_span(question.span):
            line = self._commentator.ask(
                *asked, asker=question.asker, seen=question.seen, line_id=question.id
            )
        line.asker_name = question.called
        self._current = question, line
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT) as limit:
                await self._commentator.until_over(line)
        except TimeoutError:
            if not limit.expired():
                raise
        finally:  # given up meanwhile: it is not to be heard after the next question
            self._commentator.lines.drop(line, "cancelled", NOTHING_CAME)
        self._answered[question.person] = time.monotonic()
        question.heard_at = line.started_at
        if line.said:
            question.end("answered", reply=line.said)
        elif line.reason == "interrupted":
            question.end("failed", error=INTERRUPTED)
        elif question.state == "asked":
            question.end("failed", error=line.error or line.reason or BROKEN)
            self._told(question, "could not be answered", CANNOT)

    def _instructions(self, question: Question) -> str:
        now = time.monotonic()
        self._answered = {who: at for who, at in self._answered.items() if now - at < RECENT}
        named = NAMED.format(question.name) if question.name else NAMELESS
        askers = self._answered.keys() | self.queue.askers | {question.person}
        return " ".join(filter(None, (named if len(askers) > 1 else "", SHORT, self._remark())))

    # what is said and written of questions that no engine answers

    def _refuse(self, question: Question, why: str) -> Question:
        self._end(question, "refused", why)
        self._told(question, "was refused", f"{CANNOT} {why[0].upper()}{why[1:]}.")
        return question

    def _told(self, question: Question, how: str, aloud: str) -> None:
        """Tell everybody; aloud only now and then, so that nobody is heard by being refused."""
        self._tell(f"the question of {cleaned(question.asker)} {how}: {question.error}")
        now = time.monotonic()
        if now - self._refused_at >= ALOUD_EVERY:
            self._refused_at = now
            self._aloud(aloud, question)

    def _aloud(self, text: str, to: Question, *, answers: bool = False) -> None:
        """Say this after what is being heard; what waited to be said so is left out."""
        if self._said and self._said.state != "playing":
            self._commentator.lines.drop(self._said, "cancelled")
        question, line_id = (to.text, to.id) if answers else ("", "")
        line = self._commentator.say(text, asker=to.asker, question=question, line_id=line_id)
        line.asker_name, self._said = to.called, line

    def _end(self, question: Question, state: Literal["refused", "taken back"], why: str) -> None:
        """Whoever waits for the answer of a question that no engine was asked is told at once."""
        now = time.monotonic()
        line = Line(question.id, "answer", now, now, question.text, question.asker)
        line.asker_name = question.called
        self._commentator.lines.add(line)
        self._commentator.lines.drop(line, "refused" if state == "refused" else "cancelled", why)
        question.end(state, error=why)

    def _new(
        self,
        asker: str,
        text: str,
        over: Over,
        sound: bytes = b"",
        at: float | None = None,
        behind: str = "",
    ) -> Question:
        participant = self._room.remote_participants.get(asker)
        called = behind or (participant.name if participant else "")
        seen = self._clock.displayed(time.monotonic() if at is None else at)
        return Question(asker, called, text, seen, over, sound, behind, count=self._count)
