"""What one request says, in the OpenAI chat format. Pure."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from livekit import rtc

from ..engine.request import EngineRequest, Message
from ..scene.sight import TrackedObject
from .line import Line
from .options import Options
from .window import SampledFrame

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
BRIEFLY = "Be brief."
IN_DETAIL = "Say it in detail."
KEEP_TALKING = "Keep talking: leave no silence."
FOCUS = "Talk about: "
WARNING = "What you say is a warning: "
IN_VIEW = "In view: "
"""How a list of what the detector follows begins."""
BRIEF_TOKENS = 32

Occasion = Literal["first", "begin", "change", "upheaval", "linger", "still"]
"""Why a line is asked for: there are pictures at last, something has begun or goes on, much has
happened, somebody or something is in view though nothing happens, or nothing has for a while.
"""

_WHY: dict[Occasion, str] = {
    "first": "These are the first pictures: say what is to be seen.",
    "begin": "Something has just begun.",
    "change": "Something has changed since your last line.",
    "upheaval": "Much has changed since your last line.",
    "linger": "Nothing has happened since your last line: talk about who or what is in view.",
    "still": "Nothing has happened since your last line. Say something only if it is new.",
}


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


def commentary_instruction(occasion: Occasion, options: Options) -> str:
    """What the engine is asked for one line of commentary."""
    how = {"brief": BRIEFLY, "normal": COMMENTARY, "detailed": IN_DETAIL}[options.length]
    focus = [f"{FOCUS}{options.focus}."] if options.focus else []
    dense = [KEEP_TALKING] if options.dense and occasion != "still" else []
    return " ".join([_WHY[occasion], *focus, *dense, how])


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
    note: str = "",
) -> EngineRequest:
    """System message, earlier turns, then one user message: pictures in time order, a spoken
    question, what is in view, what the source says, then text.

    Neighbouring turns of one role are joined, since many chat templates want roles to alternate.
    """
    pictures = [{"type": "image_url", "image_url": {"url": _data_uri(f.jpeg)}} for f in frames]
    seen = in_view(frames[-1].objects or (), line.anchor) if frames else ""
    texts = [{"type": "text", "text": text} for text in (seen, note, asked.text) if text]
    system = system_text(persona, options.language, asked.instructions)
    brief = options.length == "brief" and line.kind == "commentary"
    return EngineRequest(
        messages=[
            {"role": "system", "content": system},
            *_joined(history),
            {"role": "user", "content": [*pictures, *_spoken(asked.sound), *texts]},
        ],
        kind=line.kind,
        room=options.room,
        voice=options.voice,
        language=options.language,
        audio=options.enable_tts,
        max_tokens=min(options.max_new_tokens, BRIEF_TOKENS) if brief else options.max_new_tokens,
        frame_times=[round(frame.capture_time - line.anchor, 3) for frame in frames],
        frame_objects=_objects(frames),
    )


def in_view(objects: Sequence[TrackedObject], now: float) -> str:
    """One line that names what is followed, "" for nothing: how many, and since when the one that
    has been there longest (seconds before ``now``, a capture time).
    """
    counts = Counter(one.name for one in objects)
    since = {name: min(o.since for o in objects if o.name == name) for name in counts}
    parts = [
        f"{count} {name} (for {max(0, round(now - since[name]))} s)"
        for name, count in counts.most_common()
    ]
    return f"{IN_VIEW}{', '.join(parts)}." if parts else ""


def _objects(frames: Sequence[SampledFrame]) -> list[list[dict[str, Any]] | None]:
    """For each frame what is in view, none at all where there is no detector."""
    if all(frame.objects is None for frame in frames):
        return []
    return [
        None if frame.objects is None else [_object(one) for one in frame.objects]
        for frame in frames
    ]


def _object(one: TrackedObject) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "box": [round(side, 3) for side in one.box]}


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
    file = rtc.AudioFrame(sound, QUESTION_RATE, 1, len(sound) // 2).to_wav_bytes()
    data = base64.b64encode(file).decode("ascii")
    return [{"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}]


def _data_uri(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")
