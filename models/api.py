"""The request schema of POST /v1/chat/completions, and what an engine gets of it. Pure."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    Tag,
    ValidationError,
)

from models.engine import Engine, GenerationRequest, Kind, Picture, Turn
from models.errors import ApiError, invalid
from models.frame_objects import FrameObjects, named
from models.images import read_data_uri
from models.sounds import read_sound

MAX_IMAGES = 64
MAX_TEXT = 32_000
"""Characters in one message."""
MAX_MESSAGES = 256
DEFAULT_MAX_TOKENS = 1024
MAX_TOKENS = 8192

Text = Annotated[str, Field(max_length=MAX_TEXT)]


class TextPart(BaseModel):
    type: Literal["text"]
    text: Text


class ImageUrl(BaseModel):
    url: str
    detail: str | None = None


class ImagePart(BaseModel):
    type: Literal["image_url"]
    image_url: ImageUrl


class InputAudio(BaseModel):
    data: str
    format: str = "wav"


class SoundPart(BaseModel):
    type: Literal["input_audio"]
    input_audio: InputAudio


def _part_type(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return str(kind)


Part = Annotated[
    Annotated[TextPart, Tag("text")]
    | Annotated[ImagePart, Tag("image_url")]
    | Annotated[SoundPart, Tag("input_audio")],
    Discriminator(
        _part_type,
        custom_error_type="unknown_part",
        custom_error_message="a content part is of type 'text', 'image_url' or 'input_audio'",
    ),
]


def _as_parts(content: object) -> object:
    """Content may be written as a list of parts, as a plain text, or left out."""
    if content is None:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[list[Part], BeforeValidator(_as_parts)] = Field(default_factory=list)

    def text(self) -> str:
        """All its text, a line for each part."""
        texts = (part.text.strip() for part in self.content if isinstance(part, TextPart))
        return "\n".join(text for text in texts if text)


class Audio(BaseModel):
    voice: str = Field(default="", max_length=64)
    format: Literal["pcm16", "wav"] = "pcm16"


class StreamOptions(BaseModel):
    include_usage: StrictBool = False


class Extra(BaseModel):
    """Pressbox's own fields; engines that do not know them ignore them."""

    room: str = Field(default="", max_length=256)
    kind: Kind | None = None
    deadline_ms: float | None = Field(default=None, gt=0, le=600_000, allow_inf_nan=False)
    frame_times: list[Annotated[float, Field(le=0, ge=-86_400)]] | None = None
    frame_objects: list[FrameObjects | None] | None = None


class ChatRequest(BaseModel):
    """What is read of a request; fields of OpenAI's that are not here change nothing."""

    messages: Annotated[list[Message], Field(min_length=1, max_length=MAX_MESSAGES)]
    model: str | None = None
    stream: StrictBool = False
    stream_options: StreamOptions | None = None
    modalities: Annotated[list[Literal["text", "audio"]], Field(min_length=1)] | None = None
    audio: Audio | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Annotated[int, Field(ge=1, le=1)] | None = None
    seed: int | None = None
    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    pressbox: Extra = Extra()

    @property
    def wants_audio(self) -> bool:
        return self.modalities is not None and "audio" in self.modalities

    @property
    def wants_usage(self) -> bool:
        return self.stream_options is not None and self.stream_options.include_usage


def parse(body: bytes) -> ChatRequest:
    """Reads a body. Raises ApiError that names what is wrong."""
    try:
        return ChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise _explained(error) from None


def to_generation(request: ChatRequest, engine: Engine) -> GenerationRequest:
    """What ``engine`` is to do. Raises ApiError."""
    name = engine.info.name
    if request.model is not None and request.model != name:
        raise ApiError(
            404,
            f"the model {request.model[:80]!r} is not here: this engine is {name!r}",
            code="model_not_found",
            param="model",
        )
    voice = _voice(request, engine)
    last = len(request.messages) - 1
    if request.messages[last].role != "user":
        raise invalid("the last message must be the user's", f"messages[{last}].role")
    pictures = _pictures(request)
    text = request.messages[last].text()
    sound = _sound(request, engine)
    if not text and not pictures and not sound:
        raise invalid("the last message is empty", f"messages[{last}].content")
    return GenerationRequest(
        system="\n".join(m.text() for m in request.messages if m.role in {"system", "developer"}),
        history=tuple(
            Turn(message.role, message.text())
            for message in request.messages[:last]
            if message.role in {"user", "assistant"} and message.text()
        ),
        pictures=pictures,
        text=text,
        sound=sound,
        kind=request.pressbox.kind or _guessed_kind(bool(text or sound)),
        room=request.pressbox.room,
        voice=voice,
        audio=request.wants_audio and engine.info.speaks,
        max_tokens=min(
            request.max_completion_tokens or request.max_tokens or DEFAULT_MAX_TOKENS, MAX_TOKENS
        ),
        temperature=request.temperature,
        top_p=request.top_p,
        seed=request.seed,
    )


def _guessed_kind(asked: bool) -> Kind:
    """Any other client than Pressbox's asks, when it says something at all."""
    return "answer" if asked else "commentary"


def _voice(request: ChatRequest, engine: Engine) -> str:
    if not request.wants_audio:
        return ""
    if request.audio is None:
        raise invalid(
            'the modality "audio" needs audio: {"voice": ..., "format": "pcm16"}', "audio"
        )
    if request.stream and request.audio.format != "pcm16":
        raise invalid(
            "a streamed answer has audio in pcm16 only", "audio.format", "unsupported_format"
        )
    voice = "" if request.audio.voice == "default" else request.audio.voice
    if engine.info.speaks and voice and not engine.has_voice(voice):
        raise invalid(
            f"the voice {voice!r} is not known: {engine.voice_help()}",
            "audio.voice",
            "unknown_voice",
        )
    return voice


def _pictures(request: ChatRequest) -> tuple[Picture, ...]:
    """All pictures of the last message; earlier ones are past and not looked at again."""
    index = len(request.messages) - 1
    found = [
        (f"messages[{index}].content[{at}].image_url.url", part.image_url.url)
        for at, part in enumerate(request.messages[index].content)
        if isinstance(part, ImagePart)
    ]
    if len(found) > MAX_IMAGES:
        raise invalid(
            f"{len(found)} pictures are too many: at most {MAX_IMAGES}",
            f"messages[{index}].content",
            "too_many_images",
        )
    times = request.pressbox.frame_times
    if times is None:
        times = [float(at + 1 - len(found)) for at in range(len(found))]
    if len(times) != len(found) or sorted(times) != times:
        raise invalid(
            "frame_times needs one time for each picture, in rising order", "pressbox.frame_times"
        )
    objects = request.pressbox.frame_objects
    if objects is None:
        objects = [None] * len(found)
    if len(objects) != len(found):
        raise invalid(
            "frame_objects needs one list, or null, for each picture", "pressbox.frame_objects"
        )
    return tuple(
        Picture(read_data_uri(url, param), time, param, named(seen))
        for (param, url), time, seen in zip(found, times, objects, strict=True)
    )


def _sound(request: ChatRequest, engine: Engine) -> bytes:
    """The spoken question of the last message, decoded."""
    index = len(request.messages) - 1
    found = [
        (f"messages[{index}].content[{at}].input_audio", part.input_audio.data)
        for at, part in enumerate(request.messages[index].content)
        if isinstance(part, SoundPart)
    ]
    if not found:
        return b""
    param, data = found[0]
    if not engine.info.hears:
        raise invalid("this engine takes no spoken questions", param, "unsupported_audio")
    if len(found) > 1:
        raise invalid("one sound at most", found[1][0], "too_many_sounds")
    return read_sound(data, f"{param}.data")


def _explained(error: ValidationError) -> ApiError:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return invalid("the body is not valid JSON", "", "invalid_json")
    param = _path(first["loc"])
    if not param:
        return invalid("the body must be a JSON object", "", "invalid_json")
    if first["type"] == "missing":
        return invalid(f"{param} is missing", param, "missing_field")
    code = "unsupported_format" if param == "audio.format" else "invalid_value"
    return invalid(f"{param}: {first['msg']}", param, code)


def _path(loc: tuple[int | str, ...]) -> str:
    """``("messages", 0, "content", 1, "text", "text")`` as ``messages[0].content[1].text``.

    The step after an index into ``content`` is the tag of the part, no field.
    """
    path = ""
    for at, step in enumerate(loc):
        if isinstance(step, int):
            path += f"[{step}]"
        elif at < 2 or loc[at - 2] != "content":
            path += f".{step}" if path else step
    return path
