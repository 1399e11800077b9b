"""What one booth goes by, typed and checked; a room may change it while it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from config import opening_hours
from config.alert_rule import RuleList
from config.check import checked
from config.fields import Language, Listen
from config.origins import Found
from config.pacing import Pacing
from config.profiles import LONGEST_PROMPT, load_presets, load_profile, profile_names


def _one_of(names: Callable[[], Iterable[str]]) -> BeforeValidator:
    def check(value: object) -> object:
        if not isinstance(value, str) or value not in names():
            raise ValueError("one of " + ", ".join(names()))
        return value

    return BeforeValidator(check)


def _opening_hours(text: str) -> str:
    opening_hours.parse(text)
    return text


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("text on one line")
    return text.strip()


Delay = Annotated[float, Field(ge=0, le=30)] | Literal["auto"]


class RoomSettings(Pacing):
    """What one booth goes by; also the object in dispatch metadata and in `pressbox.set`/`get`."""

    profile: Annotated[str, _one_of(profile_names)] = Field(
        default="default", description="persona: a file in config/profiles"
    )
    preset: Annotated[str, _one_of(load_presets)] = Field(
        default="default", description="pacing: an entry in config/presets.yaml"
    )
    source: str = Field(
        default="",
        max_length=256,
        description="participant to watch, or participant/track; empty: newest camera",
    )
    mode: Literal["active", "idle"] = Field(
        default="active", description="active: commentate; idle: watch and answer"
    )
    focus: Annotated[str, AfterValidator(_one_line)] = Field(
        default="", max_length=200, description="what to talk about; empty: whatever happens"
    )
    schedule: Annotated[str, AfterValidator(_opening_hours)] = Field(
        default="",
        max_length=200,
        description="when it commentates, such as mon-fri 08:00-18:00 Europe/Berlin; empty: always",
    )
    delay: Delay = Field(
        default="auto",
        description="seconds the picture is late; auto: as the engine needs; 0: no sync",
    )
    stream_delay_init: float = Field(
        default=3.0, ge=0, le=30, description="first delay in seconds while delay is auto"
    )
    delay_max: float = Field(
        default=12.0, ge=1, le=30, description="longest delay in seconds while delay is auto"
    )
    voice: str = Field(
        default="", max_length=64, description="voice of the engine; empty: the profile's"
    )
    language: Language = Field(default="en", description="language spoken; not set: the profile's")
    prompt: str = Field(
        default="",
        max_length=LONGEST_PROMPT,
        description="system prompt; empty: the profile's prompt and rules",
    )
    enable_tts: bool = Field(
        default=True, description="speak the lines aloud; false: captions only"
    )
    repeat_threshold: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="likeness to a line said lately from which on one is not said; 1: all are said",
    )
    video_codec: Literal["h264", "vp8"] = Field(
        default="h264", description="codec of the delayed picture"
    )
    video_bitrate: int = Field(
        default=2_500_000,
        ge=100_000,
        le=20_000_000,
        description="of the delayed picture, bits a second",
    )
    idle_after: float = Field(
        default=60.0,
        ge=0,
        le=86_400,
        description="seconds with nobody watching until the engine rests; 0: never",
    )
    listen: Listen = Field(
        default="push",
        description="to microphones: off; push: while somebody holds the button; voice: also to "
        "questions, and to what begins with a wake word",
    )
    wake_words: str = Field(
        default="pressbox, commentator",
        max_length=200,
        description="what the commentator is called where listen is voice, commas between",
    )
    rules: RuleList = Field(
        default=(), description="alert rules, best as a list in pressbox.yaml; see docs/alerts.md"
    )

    def updated(self, changes: Mapping[str, object]) -> RoomSettings:
        """These settings with changes applied; None takes a setting back to its default.

        Only room settings are taken and returned, also when called on `Settings`. What is not
        changed is not checked again: a profile may have gone meanwhile.
        Raises SettingsError with one problem for each wrong key.
        """
        found = {name: Found(value, name, "") for name, value in changes.items()}
        wanted = {
            name: item
            for name, item in found.items()
            if item.value is not None or name not in RoomSettings.model_fields
        }
        given = checked(RoomSettings, wanted)
        values: dict[str, Any] = {name: getattr(given, name) for name in given.model_fields_set}
        kept = (self.model_fields_set & RoomSettings.model_fields.keys()) - changes.keys()
        return RoomSettings.model_construct(
            **values, **{name: getattr(self, name) for name in kept}
        )

    def effective(self) -> RoomSettings:
        """These settings with profile and preset filled in where nothing was set explicitly; the
        default ones for those that are gone.
        """
        name = self.profile if self.profile in profile_names() else "default"
        profile, presets = load_profile(name), load_presets()
        chosen = "preset" in self.model_fields_set
        preset = self.preset if chosen else profile.preset
        if preset not in presets:
            preset = "default"
        given = {
            "language": profile.language,
            "listen": profile.listen,
            **presets[preset].numbers(),
        }
        if profile.length and not (chosen and "length" in given):
            given["length"] = profile.length
        filled = {key: value for key, value in given.items() if key not in self.model_fields_set}
        filled |= {"profile": name, "preset": preset, "voice": self.voice or profile.voice}
        filled["prompt"] = self.prompt or profile.instructions
        return self.model_copy(update=filled)
