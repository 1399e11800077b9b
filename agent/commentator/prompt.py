"""What one request says, in the OpenAI chat format. Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agent.commentator.engine.request import EngineRequest, Message
from agent.commentator.line import Line
from agent.commentator.options import Options
from agent.commentator.window import SampledFrame
from speech.wav import wav

QUESTION_RATE = 16_000
"""Hz, mono int16: the sound of a spoken question."""

DEFAULT_PERSONA = (
    "You are a live commentator. You see a few pictures of a video in time order; the last one is "
    "now. Say what happens as a person at the scene would, in one short spoken sentence. Say only "
    "what the pictures show, and nothing that you said before. If nothing is worth saying, "
    "answer with ..."
)
SPOKEN_QUESTION = "Answer the question that you hear."
COMMENTARY = "Say in one short sentence what happens now."
FIRST_LOOK = "These are the first pictures: say what is to be seen."
LITTLE_CHANGE = "Little has changed since your last line."
MUCH_CHANGE = "Much has changed since your last line."


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said earlier: by the commentator (``assistant``) or by somebody in the room."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted: a text, more instructions for this once, and the sound of a spoken question
    (``QUESTION_RATE``), empty for none.
    """

    text: str
    instructions: str = ""
    sound: bytes = b""


def commentary_instruction(change: float | None, threshold: float) -> str:
    """What the engine is asked for one line of commentary.

    ``change`` is the mean absolute grey difference (0..255) to the last line's picture, None when
    there is no such picture; from ``threshold`` on it counts as much.
    """
    if change is None:
        return f"{FIRST_LOOK} {COMMENTARY}"
    return f"{MUCH_CHANGE if change >= threshold else LITTLE_CHANGE} {COMMENTARY}"


def system_text(persona: str, language: str, instructions: str = "") -> str:
    """Persona (the default one when empty), extra instructions and the language to speak."""
    parts = [persona.strip() or DEFAULT_PERSONA, instructions.strip()]
    if language and language.split("-")[0].lower() != "en":
        parts.append(f"Speak this language: {language}.")
    return "\n".join(part for part in parts if part)


def engine_request(
    line: Line,
    frames: Sequence[SampledFrame],
    asked: Asked,
    options: Options,
    persona: str,
    history: Sequence[Turn],
) -> EngineRequest:
    """System message, earlier turns, then one user message: pictures in time order, a spoken
    question, then text.

    Neighbouring turns of one role are joined, since many chat templates want roles to alternate.
    """
    pictures = [{"type": "image_url", "image_url": {"url": _data_uri(f.jpeg)}} for f in frames]
    content = [*pictures, *_spoken(asked.sound), {"type": "text", "text": asked.text}]
    system = system_text(persona, options.language, asked.instructions)
    return EngineRequest(
        messages=[
            {"role": "system", "content": system},
            *_joined(history),
            {"role": "user", "content": content},
        ],
        kind=line.kind,
        room=options.room,
        voice=options.voice,
        language=options.language,
        audio=options.enable_tts,
        max_tokens=options.max_new_tokens,
        frame_times=[round(frame.capture_time - line.anchor, 3) for frame in frames],
    )


def _joined(history: Sequence[Turn]) -> list[Message]:
    messages: list[Message] = []
    for turn in history:
        if messages and messages[-1]["role"] == turn.role:
            messages[-1]["content"] += f"\n{turn.text}"
        else:
            messages.append({"role": turn.role, "content": turn.text})
    return messages


def _spoken(sound: bytes) -> list[Message]:
    if not sound:
        return []
    data = base64.b64encode(wav(sound, QUESTION_RATE)).decode("ascii")
    return [{"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}]


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
