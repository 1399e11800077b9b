"""Spoken questions: who talks, what is said, whether it is for us, and to whom it is handed."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from agent.hearing.address import addressed, wake_words
from agent.hearing.ear import Ear
from agent.hearing.echo import Echo
from agent.hearing.microphones import Microphones
from agent.hearing.push_to_talk import PushToTalk
from agent.hearing.stt import Recogniser
from agent.hearing.utterance import MAX_SECONDS, Utterance
from agent.room.questions.question import cleaned
from agent.room.room import Room
from config.room_settings import RoomSettings
from config.tasks import Tasks, Tell
from speech.whisper import HearingError

log = logging.getLogger("pressbox.hearing")

TAIL = 0.3
"""Seconds of sound that still come when the button is let go: the signal is faster."""
UNTIL_VOICE = 5.0
"""Seconds that the commentary is silent for somebody who holds the button and says nothing."""
NOTHING_CAME = 2.0
"""Seconds after which commentary goes on where the button was let go and nothing was asked."""
CALLED = 6.0
"""Seconds after a bare "Pressbox!" in which the next thing that one says is for us."""
MOST_TALKING = 8
"""People who may hold the button at once; the others are refused."""


class Hearing:
    """Listens to the people of a room, and hands over what they ask.

    `put(identity, text, sound, at)`: a question, asked at monotonic seconds; the text is "" where
    nobody writes it down, the sound (16 kHz mono int16, at most 30 s) empty for an engine that does
    not hear. `refuse(identity, why)`: somebody asked and gets no answer. `talking(identity, on)`:
    somebody holds the button, and the commentary is to be silent.
    """

    def __init__(
        self,
        room: Room,
        settings: RoomSettings,
        recogniser: Recogniser,
        *,
        engine_hears: Callable[[], bool],
        put: Callable[[str, str, bytes, float], object],
        refuse: Callable[[str, str], None],
        talking: Callable[[str, bool], None],
        watched: Callable[[], str],
        has_key: bool,
        tell: Tell,
    ) -> None:
        """`watched()`: identity of the source. `has_key`: the room's sound can be decrypted."""
        self._room = room
        self._settings = settings
        self._recogniser = recogniser
        self._engine_hears = engine_hears
        self._put = put
        self._refuse = refuse
        self._talking = talking
        self._tell = tell
        self._tasks = Tasks(tell)
        self._ears: dict[str, Ear] = {}
        self._silences: dict[str, set[object]] = {}
        self._told = ""
        self.echo = Echo()
        """To be told of the lines: `lines.listen(hearing.echo.changed)`."""
        self._push_to_talk = PushToTalk(room, changed=self._pressed, watched=watched)
        self._microphones = Microphones(
            room,
            hear=self._heard,
            gone=self._gone,
            holds=self._push_to_talk.holds,
            watched=watched,
            has_key=has_key,
            tell=tell,
        )

    def start(self) -> None:
        """Begin to listen."""
        self._microphones.start()
        self.listen(self._settings)
        self._push_to_talk.start()

    def listen(self, settings: RoomSettings) -> None:
        """Go by these settings from now on."""
        self._settings = settings
        self._push_to_talk.by_microphone = settings.listen == "push"
        off = settings.listen == "off"
        self._push_to_talk.deaf = "nobody is listened to: LISTEN is off" if off else ""
        for ear in self._ears.values():
            ear.cutter.by_voice = settings.listen == "voice"
        self._microphones.listen(settings.listen != "off")

    async def aclose(self) -> None:
        """Stop listening and wait. Idempotent."""
        self._push_to_talk.stop()
        await self._microphones.aclose()
        await self._tasks.aclose()
        await self._recogniser.aclose()

    # sound

    def _ear(self, identity: str) -> Ear:
        if identity not in self._ears:
            there = self._room.remote_participants
            self._ears = {name: ear for name, ear in self._ears.items() if name in there}
            self._ears[identity] = Ear(by_voice=self._settings.listen == "voice")
        return self._ears[identity]

    def _heard(self, identity: str, window: bytes) -> None:
        ear = self._ear(identity)
        before, utterance = ear.cutter.open, ear.hear(window)
        if ear.cutter.open:
            self._microphones.spoken(identity)
            if not before and self._recogniser.writes(self._engine_hears()):
                self._tasks.once("loading the recogniser", self._prepare())
        if utterance:
            self._by_voice(identity, ear, utterance)

    def _gone(self, identity: str) -> None:
        """No more sound comes of this one: what is under way ends with what still comes."""
        ear = self._ears.get(identity)
        if ear and ear.cutter.open and not ear.ending:
            ear.ending = True
            self._tasks.once(f"the end of what {identity} says", self._end(identity, ear))

    async def _end(self, identity: str, ear: Ear) -> None:
        await asyncio.sleep(TAIL)
        ear.ending = False
        if not ear.cutter.held and (utterance := ear.end()):
            self._by_voice(identity, ear, utterance)

    async def _prepare(self) -> None:
        """Somebody begins to speak: what writes it down is loaded meanwhile."""
        try:
            await self._recogniser.prepare()
        except HearingError as error:
            if str(error) != self._told:
                self._told = str(error)
                self._tell(f"spoken questions cannot be understood: {error}")

    # by voice

    def _by_voice(self, identity: str, ear: Ear, said: Utterance) -> None:
        """Nobody held a button: it may be meant for somebody else."""
        hears = self._engine_hears()
        if self._settings.listen == "voice" and (hears or self._recogniser.writes(hears)):
            self._tasks.once(f"what {identity} says", self._judge(identity, ear, said))

    async def _judge(self, identity: str, ear: Ear, said: Utterance) -> None:
        ended = time.monotonic()
        began = ended - said.seconds
        hears, text = self._engine_hears(), ""
        if self._recogniser.writes(hears):
            try:
                text = await self._recogniser.text(said.sound, self._language, asked=False)
            except HearingError as error:
                log.info("what %s said was left out: %s", cleaned(identity), error)
                return
            if not text:
                return
        if self.echo.is_own(text, began, ended):
            log.info("%s has the commentary on a loudspeaker", cleaned(identity))
            return
        asked = addressed(text, wake_words(self._settings.wake_words)) if text else ""
        if asked is None and began - ear.called < CALLED:
            asked = text
        if text and asked == "":
            ear.called = ended
        elif asked is not None:
            ear.called = float("-inf")
            self._put(identity, asked, said.sound if hears else b"", ended)

    # the button

    def _pressed(self, identity: str, on: bool) -> None:
        ear = self._ear(identity)
        ear.changed.set()
        self._microphones.look()
        if not on or ear.cutter.held or self._settings.listen == "off":
            return
        if sum(one.cutter.held for one in self._ears.values()) >= MOST_TALKING:
            self._refuse(identity, f"{MOST_TALKING} others talk at this moment")
            return
        ear.hold()
        self._tasks.once(f"listening to {identity}", self._hold(identity, ear))

    async def _hold(self, identity: str, ear: Ear) -> None:
        """From the press of a button to the question, or to nothing."""
        hold = object()
        try:
            try:
                sure = await self._until_let_go(identity, ear, hold)
            finally:
                said = ear.let_go()
            # A microphone that stays open is a conversation.
            if said is None or (said.full and not sure):
                await asyncio.sleep(NOTHING_CAME - TAIL)
            else:
                await self._ask(identity, said)
        finally:
            self._silence(identity, hold, False)

    def _silence(self, identity: str, hold: object, on: bool) -> None:
        """Whether it is to be silent for this time that the button is held; the same one may press
        again before the answer to the last question is on its way.
        """
        holds = self._silences.setdefault(identity, set())
        before = bool(holds)
        holds.add(hold) if on else holds.discard(hold)
        if not holds:
            del self._silences[identity]
        if bool(holds) != before:
            self._talking(identity, on)

    async def _until_let_go(self, identity: str, ear: Ear, hold: object) -> bool:
        """Wait until the button is let go and what was said then is in, or MAX_SECONDS of it are;
        whether it was held on purpose.
        """
        sure, voice = False, False
        until = time.monotonic() + UNTIL_VOICE
        while ear.full is None:
            ear.changed.clear()
            if not self._push_to_talk.holds(identity):
                if not await _set_within(ear.changed, TAIL):
                    break
                continue
            sure = sure or self._push_to_talk.sure(identity)
            if ear.cutter.open and not voice:
                voice, until = True, time.monotonic() + MAX_SECONDS + TAIL
            left = until - time.monotonic()
            self._silence(identity, hold, voice or left > 0)
            if voice and left <= 0:  # its sound has stopped to come
                break
            await _set_within(ear.changed, left if left > 0 else None)
        return sure

    async def _ask(self, identity: str, said: Utterance) -> None:
        ended = time.monotonic()
        hears, text = self._engine_hears(), ""
        try:
            if self._recogniser.writes(hears):
                text = await self._recogniser.text(said.sound, self._language, asked=True)
                if not text:
                    raise HearingError("no word of it was understood")
            elif not hears:
                raise HearingError("the engine does not hear: set STT=whisper")
        except HearingError as error:
            if not hears:
                self._refuse(identity, str(error))
                return
            log.warning("the engine alone hears %s: %s", cleaned(identity), error)
        self._put(identity, text, said.sound if hears else b"", ended)

    @property
    def _language(self) -> str:
        return self._settings.effective().language


async def _set_within(event: asyncio.Event, seconds: float | None) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
