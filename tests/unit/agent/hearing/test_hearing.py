"""Who talks, what becomes of it, and how long the commentary is silent for it."""

from __future__ import annotations

import asyncio

import pytest

from agent.commentator.line import new_line
from agent.hearing.hearing import CALLED, MOST_TALKING, NOTHING_CAME, UNTIL_VOICE
from agent.hearing.stt import LIMIT, WAITING
from agent.hearing.utterance import MAX_SECONDS, SAMPLE_RATE
from speech.whisper import HearingError
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import virtual

from .stage import FakeVoiceActivity, stage

MP = pytest.MonkeyPatch


@virtual
async def test_a_held_button_brings_one_question_and_silence_until_it_is_put(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch, language="de-AT") as on:
        ann = on.person("ann")
        await asyncio.sleep(2.0)
        await ann.say(1.0)  # to somebody else
        await asyncio.sleep(1.0)
        pressed = on.now()
        ann.hold(True)
        await ann.say(1.5)
        await asyncio.sleep(1.5)
        await ann.say(0.5)
        released = on.now()
        ann.hold(False)
        await asyncio.sleep(5.0)
        assert on.questions == [("ann", "What is it?", b"")]
        ((seconds, language),) = on.stt.heard
        assert seconds == pytest.approx(3.5 + 0.3, abs=0.4)
        assert language == "de-AT"
        (began, _, first), (ended, _, last) = on.talking
        assert (first, last) == (True, False)
        assert began == pytest.approx(pressed, abs=0.05)
        assert ended == pytest.approx(released + 0.3 + on.stt.seconds, abs=0.1)
        assert (on.told, on.refused) == ([], [])


@virtual
async def test_where_nothing_was_said_commentary_goes_on_soon(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch) as on:
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
        await ann.say(1.0)
        assert on.talking[-1][1:] == ("ann", True)
        ann.hold(False)
        await asyncio.sleep(5.0)
        assert on.texts == [("ann", "What is it?")]
        assert on.talking[-1][1:] == ("ann", False)


@virtual
async def test_nobody_holds_the_commentary_for_ever(fake_rtc: FakeRtc, monkeypatch: MP) -> None:
    async with stage(fake_rtc, monkeypatch) as on:
        ann, bob = on.person("ann"), on.person("bob")
        ann.hold(True)
        ann.speaking = True
        await asyncio.sleep(MAX_SECONDS * 3)
        assert on.texts == [("ann", "What is it?")]
        assert on.stt.heard[0][0] <= MAX_SECONDS
        assert on.talking[-1][1:] == ("ann", False)
        bob.hold(True)
        await bob.say(1.0)
        on.room.leave("bob")  # or its sound stops to come
        await asyncio.sleep(5.0)
        assert on.texts[1:] == [("bob", "What is it?")]
        assert on.talking[-1][1:] == ("bob", False)
        ann.hold(False)
        ann.speaking = False
        ann.hold(True)
        await ann.say(0.5)
        ann.publication.end()
        await asyncio.sleep(MAX_SECONDS + 5)
        assert on.talking[-1][1:] == ("ann", False)


@virtual
async def test_a_button_that_bounces_is_one_question(fake_rtc: FakeRtc, monkeypatch: MP) -> None:
    async with stage(fake_rtc, monkeypatch) as on:
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        ann.hold(True)
        ann.speaking = True
        for _ in range(5):
            await asyncio.sleep(0.4)
            ann.hold(False)
            await asyncio.sleep(0.1)
            ann.hold(True)
        ann.speaking = False
        ann.hold(False)
        await asyncio.sleep(5.0)
        assert len(on.questions) == 1
        assert len(on.talking) == 2


@virtual
async def test_several_talk_at_once_and_one_presses_again_while_the_first_is_written_down(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch) as on:
        on.stt.seconds = 2.0
        ann, bob = on.person("ann"), on.person("bob")
        await asyncio.sleep(1.0)
        ann.hold(True)
        bob.hold(True)
        await asyncio.gather(ann.say(1.0), bob.say(1.5))
        ann.hold(False)
        bob.hold(False)
        await asyncio.sleep(1.0)
        ann.hold(True)
        await ann.say(1.0)
        await asyncio.sleep(4.0)
        assert on.talking[-1][1:] == ("bob", False)  # ann holds on
        ann.hold(False)
        await asyncio.sleep(5.0)
        assert [who for who, _ in on.texts] == ["ann", "bob", "ann"]
        assert on.stt.most_at_once == 1
        assert [(who, turn) for _, who, turn in on.talking] == [
            ("ann", True),
            ("bob", True),
            ("bob", False),
            ("ann", False),
        ]


@virtual
async def test_a_crowd_is_bounded(fake_rtc: FakeRtc, monkeypatch: MP) -> None:
    async with stage(fake_rtc, monkeypatch) as on:
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


@pytest.mark.parametrize("failure", [HearingError("whisper ended (SIGKILL)"), "", None])
def test_what_cannot_be_understood_is_refused_with_words(
    fake_rtc: FakeRtc, monkeypatch: MP, failure: Exception | str | None
) -> None:
    @virtual
    async def run() -> None:
        async with stage(fake_rtc, monkeypatch) as on:
            ann = on.person("ann")
            await asyncio.sleep(1.0)
            if failure is None:
                on.stt.seconds = LIMIT * 10
            else:
                on.stt.texts = [failure]
            ann.hold(True)
            await ann.say(1.0)
            ann.hold(False)
            await asyncio.sleep(LIMIT + 2.0)
            ((who, why),) = on.refused
            assert who == "ann"
            assert why
            assert on.questions == []
            assert on.talking[-1][1:] == ("ann", False)
            on.stt.seconds = 0.1
            ann.hold(True)
            await ann.say(1.0)
            ann.hold(False)
            await asyncio.sleep(2.0)
            assert len(on.questions) == 1

    run()


@virtual
async def test_an_engine_that_hears_gets_the_sound_and_no_recogniser_is_loaded(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch, hears=True) as on:
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        ann.hold(True)
        await ann.say(1.0)
        ann.hold(False)
        await asyncio.sleep(2.0)
        ((who, text, sound),) = on.questions
        assert (who, text) == ("ann", "")
        assert len(sound) / (2 * SAMPLE_RATE) == pytest.approx(1.6, abs=0.3)
        assert on.stt.prepared == 0


@virtual
async def test_a_chosen_recogniser_writes_down_what_the_engine_hears_too_and_may_fail(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch, "whisper", hears=True) as on:
        ann = on.person("ann")
        on.stt.texts = ["Stop.", HearingError("whisper ended")]
        for _ in range(2):
            await asyncio.sleep(1.0)
            ann.hold(True)
            await ann.say(1.0)
            ann.hold(False)
        await asyncio.sleep(2.0)
        assert on.texts == [("ann", "Stop."), ("ann", "")]
        assert all(sound for _, _, sound in on.questions)
        assert on.refused == []


@pytest.mark.parametrize("stt", ["auto", "engine"])
def test_where_nobody_can_hear_it_is_said_what_to_do(
    fake_rtc: FakeRtc, monkeypatch: MP, stt: str
) -> None:
    @virtual
    async def run() -> None:
        async with stage(fake_rtc, monkeypatch, stt) as on:
            on.stt.unfit = "faster-whisper is not installed: make stt"
            ann = on.person("ann")
            await asyncio.sleep(1.0)
            for _ in range(3):
                ann.hold(True)
                await ann.say(1.0)
                ann.hold(False)
                await asyncio.sleep(1.0)
            assert len(on.refused) == 3
            wanted = "make stt" if stt == "auto" else "STT=whisper"
            assert wanted in on.refused[0][1]
            assert len(on.told) == (1 if stt == "auto" else 0)

    run()


@virtual
async def test_by_voice_only_what_is_meant_for_us_is_taken(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch, listen="voice") as on:
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        on.stt.texts = ["I like it here.", "Is it raining?", "Press box, be brief.", ""]
        for _ in range(4):
            await ann.say(1.0)
            await asyncio.sleep(2.0)
        assert on.texts == [("ann", "Is it raining?"), ("ann", "be brief.")]
        assert (on.talking, on.refused, on.told) == ([], [], [])
        on.stt.texts = ["Pressbox.", "Talk about the red car.", "It is red."]
        await ann.say(0.6)
        await asyncio.sleep(2.0)
        await ann.say(1.0)
        await asyncio.sleep(2.0)
        await ann.say(1.0)
        await asyncio.sleep(2.0)
        assert on.texts[2:] == [("ann", "Talk about the red car.")]
        on.stt.texts = ["Pressbox.", "It is late."]
        await ann.say(0.6)
        await asyncio.sleep(CALLED + 2.0)
        await ann.say(1.0)
        await asyncio.sleep(2.0)
        assert len(on.texts) == 3


@virtual
async def test_by_voice_a_mute_ends_what_is_said_and_a_leave_too(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch, listen="voice") as on:
        ann, bob = on.person("ann"), on.person("bob")
        await asyncio.sleep(1.0)
        ann.speaking = bob.speaking = True
        await asyncio.sleep(1.0)
        ann.publication.mute(True)
        on.room.leave("bob")
        await asyncio.sleep(1.0)
        assert sorted(who for who, _ in on.texts) == ["ann", "bob"]
        assert on.talking == []


@virtual
async def test_by_voice_the_button_still_works_without_a_wake_word(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch, listen="voice") as on:
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        on.stt.texts = ["Be brief."]
        ann.hold(True)
        await ann.say(1.0)
        ann.hold(False)
        await asyncio.sleep(2.0)
        assert on.texts == [("ann", "Be brief.")]
        assert len(on.stt.heard) == 1


@pytest.mark.parametrize("hears", [True, False])
def test_by_voice_the_commentary_from_a_loudspeaker_is_no_question(
    fake_rtc: FakeRtc, monkeypatch: MP, hears: bool
) -> None:
    @virtual
    async def run() -> None:
        async with stage(fake_rtc, monkeypatch, listen="voice", hears=hears) as on:
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
            await ann.say(2.0)
            await asyncio.sleep(2.0)
            assert len(on.questions) == 1

    run()


@virtual
async def test_a_chatty_room_does_not_keep_a_held_button_waiting(
    fake_rtc: FakeRtc, monkeypatch: MP
) -> None:
    async with stage(fake_rtc, monkeypatch, listen="voice") as on:
        on.stt.seconds = 4.0
        on.stt.texts = ["Blah."] * 2
        talkers = [on.person(f"p{number}") for number in range(6)]
        ann = on.person("ann")
        await asyncio.sleep(1.0)
        await asyncio.gather(*(person.say(1.0) for person in talkers))
        await asyncio.sleep(0.7)
        ann.hold(True)
        await ann.say(1.0)
        ann.hold(False)
        await asyncio.sleep(15.0)
        assert len(on.stt.heard) == 3
        assert (on.refused, on.told) == ([], [])
        assert on.stt.most_at_once == 1
        assert on.texts == [("ann", "What is it?")]


@virtual
async def test_off_nobody_is_heard_and_nothing_is_open(fake_rtc: FakeRtc, monkeypatch: MP) -> None:
    async with stage(fake_rtc, monkeypatch, listen="off") as on:
        ann = on.person("ann")
        ann.hold(True)
        await ann.say(2.0)
        assert ann.publication.track is None
        assert (on.talking, on.questions) == ([], [])
        ann.hold(False)
        on.set(listen="push")
        await asyncio.sleep(0.5)
        ann.hold(True)
        await ann.say(1.0)
        ann.hold(False)
        await asyncio.sleep(2.0)
        assert len(on.questions) == 1
        on.set(listen="off")
        await asyncio.sleep(0.5)
        assert ann.publication.track is None


@virtual
async def test_silero_is_asked_only_where_it_matters(fake_rtc: FakeRtc, monkeypatch: MP) -> None:
    async with stage(fake_rtc, monkeypatch) as on:
        ann = on.person("ann")
        await ann.say(10.0)
        assert FakeVoiceActivity.asked == 0
        ann.hold(True)
        await asyncio.sleep(1.0)
        assert FakeVoiceActivity.asked > 20
