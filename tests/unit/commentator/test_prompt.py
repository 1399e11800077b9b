from __future__ import annotations

import base64

from agent.commentator.prompt import (
    COMMENTARY,
    DEFAULT_PERSONA,
    FIRST_LOOK,
    LITTLE_CHANGE,
    MUCH_CHANGE,
    Turn,
    build_messages,
    commentary_instruction,
    system_text,
)


def test_pictures_come_in_order_before_the_text() -> None:
    messages = build_messages(system="Be brief.", history=[], jpegs=[b"one", b"two"], text="Go.")
    assert messages[0] == {"role": "system", "content": "Be brief."}
    pictures, text = messages[1]["content"][:-1], messages[1]["content"][-1]
    sent = [base64.b64decode(part["image_url"]["url"].split(",")[1]) for part in pictures]
    assert sent == [b"one", b"two"]
    assert all(part["image_url"]["url"].startswith("data:image/jpeg;base64,") for part in pictures)
    assert text == {"type": "text", "text": "Go."}


def test_neighbouring_turns_of_one_role_are_joined() -> None:
    history = [Turn("assistant", "A."), Turn("assistant", "B."), Turn("user", "C?")]
    messages = build_messages(system="", history=history, jpegs=[], text="Go.")
    assert messages[1:3] == [
        {"role": "assistant", "content": "A.\nB."},
        {"role": "user", "content": "C?"},
    ]


def test_the_hint_follows_the_threshold() -> None:
    assert commentary_instruction(None, 5.0) == f"{FIRST_LOOK} {COMMENTARY}"
    assert commentary_instruction(4.99, 5.0) == f"{LITTLE_CHANGE} {COMMENTARY}"
    assert commentary_instruction(5.0, 5.0) == f"{MUCH_CHANGE} {COMMENTARY}"


def test_the_system_text() -> None:
    assert system_text("", "en") == DEFAULT_PERSONA
    assert system_text(" Be brief. ", "en-GB") == "Be brief."
    assert system_text("Be brief.", "de", "Be kind.") == (
        "Be brief.\nBe kind.\nSpeak this language: de."
    )
