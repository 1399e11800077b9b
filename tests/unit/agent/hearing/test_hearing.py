"""Who talks, what becomes of it, and how long the commentary is silent for it."""

from __future__ import annotations

import asyncio

import pytest
from livekit.plugins.pressbox.commentator import new_line

from agent.hearing.hearing import CALLED, MOST_TALKING, NOTHING_CAME, UNTIL_VOICE
from agent.hearing.stt import LIMIT, WAITING
from agent.hearing.utterance import MAX_SECONDS
from speech.whisper import HearingError
from tests.support.virtual_time import virtual

from .stage import FakeVoiceActivity, Staged


@virtual
async def test_a_held_button_brings_one_question_and_silence_until_it_is_put(
    staged: Staged,
) -> None:
    async with staged(language="de-AT") as on:
        ann = on.person("ann")
        await asyncio.sleep(2.0)
        await ann.say()  # to somebody else
        await asyncio.sleep(1.0)
        pressed = on.now()
        ann.hold(True)
        await ann.say(1.5, then=1.5)
        await ann.say(0.5)
        released = on.now()
        ann.hold(False)
        await asyncio.sleep(5.0)
        assert on.questions == [("ann", "What is it?", b"")]
        assert on.waited == pytest.approx(on.stt.seconds)  # it is about what was shown before that
        ((seconds, language),) = on.stt.heard
        assert seconds == pytest.approx(3.5 + 0.3, abs=0.4)
        assert language == "de-AT"
        (began, _, first), (ended, _, last) = on.talking
        assert (first, last) == (True, False)
        assert began == pytest.approx(pressed, abs=0.05)
        assert ended == pytest.approx(released + 0.3 + on.stt.seconds, abs=0.1)
        assert (on.told, on.refused) == ([], [])
        assert on.stt.prepared == 2, "when the voice began, and when it was to be written down"


@virtual
async def test_where_nothing_was_said_commentary_goes_on_soon(staged: Staged) -> None:
    async with staged() as on:
        ann = on.person("ann")
        ann.hold(True)
        await asyncio.sleep(1.0)
        ann.hold(False)
        released = on.now()
        await asyncio.sleep(5.0)
        assert on.talking[-1][1:] == ("ann", False)
        assert on.talking[-1][0] == pytest.approx(released + NOTHING_CAME, abs=0.1)
        ann.hold(True)  # and keeps it
        pressed = on.now()
        await asyncio.sleep(60.0)
        assert on.talking[-1][1:] == ("ann", False)
        assert on.talking[-1][0] == pytest.approx(pressed + UNTIL_VOICE, abs=0.1)
        await ann.say()
        assert on.talking[-1][1:] == ("ann", True)
        ann.hold(False)
        await asyncio.sleep(5.0)
        assert on.texts == [("ann", "What is it?")]


@virtual
async def test_nobody_holds_the_commentary_for_ever(staged: Staged) -> None:
    async with staged() as on:
        ann, bob = on.person("ann"), on.person("bob")
        ann.hold(True)
        ann.speaking = True
        await asyncio.sleep(MAX_SECONDS * 3)
        assert on.texts == [("ann", "What is it?")]
        assert on.stt.heard[0][0] <= MAX_SECONDS
        assert on.talking[-1][1:] == ("ann", False)
        bob.hold(True)
        await bob.say()
        on.room.leave("bob")
        await asyncio.sleep(5.0)
        assert on.texts[1:] == [("bob", "What is it?")]
        assert on.talking[-1][1:] == ("bob", False)
        ann.hold(False)
        ann.speaking = False
        ann.hold(True)
        await ann.say(0.5)
        ann.participant.unpublish(ann.publication)  # and holds on
        await asyncio.sleep(MAX_SECONDS + 5)
        assert on.texts[2:] == [("ann", "What is it?")]
        assert on.talking[-1][1:] == ("ann", False)


@virtual
async def test_a_crowd_is_bounded(staged: Staged) -> None:
    async with staged() as on:
        on.stt.seconds = 3.0
        crowd = [on.person(f"p{number}") for number in range(20)]
        await asyncio.sleep(1.0)
        for person in crowd:
            person.hold(True)
            person.speaking = True
        assert len(on.refused) == 20 - MOST_TALKING
        await asyncio.sleep(1.0)
        for person in crowd:
            person.speaking = False
            person.hold(False)
        await asyncio.sleep(LIMIT + 10.0)
        assert len(on.questions) == WAITING
        assert len(on.refused) == 20 - WAITING
        assert on.stt.most_at_once == 1
        assert sum(1 if turn else -1 for _, _, turn in on.talking) == 0


@virtual
@pytest.mark.parametrize("failure", [HearingError("whisper ended (SIGKILL)"), "", None])
async def test_what_cannot_be_understood_is_refused_with_words(
    staged: Staged, failure: Exception | str | None
) -> None:
    async with staged() as on:
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        if failure is None:
            on.stt.seconds = LIMIT * 10
        else:
            on.stt.texts = [failure]
        await ann.ask(then=LIMIT + 2.0)
        ((who, why),) = on.refused
        assert who == "ann"
        assert why
        assert on.questions == []
        assert on.talking[-1][1:] == ("ann", False)
        on.stt.seconds = 0.1
        await ann.ask()
        assert len(on.questions) == 1


@virtual
@pytest.mark.parametrize("stt", ["auto", "engine"])
async def test_where_nobody_can_hear_it_is_said_what_to_do(staged: Staged, stt: str) -> None:
    async with staged(stt) as on:
        on.stt.unfit = "faster-whisper is not installed: make stt"
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        for _ in range(3):
            await ann.ask(then=1.0)
        assert len(on.refused) == 3
        wanted = "make stt" if stt == "auto" else "STT=whisper"
        assert wanted in on.refused[0][1]
        assert len(on.told) == (1 if stt == "auto" else 0)


@virtual
async def test_by_voice_only_what_is_meant_for_us_is_taken(staged: Staged) -> None:
    async with staged(listen="voice") as on:
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        on.stt.texts = ["I like it here.", "Is it raining?", "Press box, be brief.", ""]
        for _ in range(4):
            await ann.say(then=2.0)
        assert on.texts == [("ann", "Is it raining?"), ("ann", "be brief.")]
        assert (on.talking, on.refused, on.told) == ([], [], [])
        on.stt.texts = ["Pressbox.", "Talk about the red car.", "It is red."]
        await ann.say(0.6, then=2.0)
        await ann.say(then=2.0)
        await ann.say(then=2.0)
        assert on.texts[2:] == [("ann", "Talk about the red car.")]
        on.stt.texts = ["Pressbox.", "It is late."]
        await ann.say(0.6, then=CALLED + 2.0)
        await ann.say(then=2.0)
        assert len(on.texts) == 3
        on.stt.texts = ["Be brief."]
        await ann.ask()  # no wake word is needed
        assert on.texts[3:] == [("ann", "Be brief.")]


@virtual
@pytest.mark.parametrize("hears", [True, False])
async def test_by_voice_the_commentary_from_a_loudspeaker_is_no_question(
    staged: Staged, hears: bool
) -> None:
    async with staged(listen="voice", hears=hears) as on:
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        line = new_line("commentary", anchor=0.0, requested_at=0.0)
        line.text = "Who comes there? A person in a red coat."
        line.started_at, line.state = on.now(), "playing"
        on.hearing.echo.changed(line)
        on.stt.texts = ["Who comes there?", "How many are there?"]
        await ann.say(2.0)
        line.ended_at, line.state = on.now(), "ended"
        on.hearing.echo.changed(line)
        await asyncio.sleep(4.0)
        assert on.questions == []
        await ann.say(2.0, then=2.0)
        assert len(on.questions) == 1


@virtual
async def test_off_nobody_is_heard_and_nothing_is_open(staged: Staged) -> None:
    async with staged(listen="off") as on:
        ann = on.person("ann")
        ann.hold(True)
        await ann.say(2.0)
        assert ann.publication.track is None
        assert (on.talking, on.questions) == ([], [])
        ann.hold(False)
        on.set(listen="push")
        await ann.say(10.0)
        assert FakeVoiceActivity.asked == 0, "without a button it does not matter"
        await ann.ask()
        assert FakeVoiceActivity.asked > 20
        assert len(on.questions) == 1
        on.set(listen="off")
        await asyncio.sleep(0.5)
        assert ann.publication.track is None
