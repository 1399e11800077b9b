"""What one booth goes by, typed and checked; a room may change it while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from config.check import checked
from config.origins import Found
from config.profiles import load_presets, load_profile, profile_names

_SWITCHES = frozenset({"enable_tts", "ingress_service"})


def _known_profile(value: object) -> object:
    if isinstance(value, str) and value in profile_names():
        return value
    raise ValueError("one of " + ", ".join(profile_names()))


def _known_preset(value: object) -> object:
    if isinstance(value, str) and value in load_presets():
        return value
    raise ValueError("one of " + ", ".join(load_presets()))


Length = Literal["brief", "normal", "detailed"]
Delay = Annotated[float, Field(ge=0, le=30)] | Literal["auto"]


class RoomSettings(BaseModel):
    """What one booth goes by; also the object in dispatch metadata and in `pressbox.set`/`get`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, coerce_numbers_to_str=True
    )

    profile: Annotated[str, BeforeValidator(_known_profile)] = Field(
        default="default", description="persona: a file in config/profiles"
    )
    preset: Annotated[str, BeforeValidator(_known_preset)] = Field(
        default="default", description="pacing: an entry in config/presets.yaml"
    )
    source: str = Field(
        default="",
        max_length=256,
        description="identity of the participant to watch; empty: newest camera",
    )
    mode: Literal["active", "idle"] = Field(
        default="active", description="active: commentate; idle: watch and answer"
    )
    focus: str = Field(
        default="", max_length=200, description="what to talk about; empty: whatever happens"
    )
    length: Length = Field(default="normal", description="how much one line says")
    schedule: str = Field(
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
    language: str = Field(
        default="en",
        pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        examples=["en", "pt-BR"],
        description="language spoken; not set: the profile's",
    )
    prompt: str = Field(
        default="",
        max_length=8000,
        description="system prompt; empty: the profile's prompt and rules",
    )
    enable_tts: bool = Field(
        default=True, description="speak the lines aloud; false: captions only"
    )
    tts_pause_after: float = Field(
        default=1.0, ge=0, le=30, description="breathing pause in seconds after each line"
    )
    tts_max_new_tokens: int = Field(default=96, ge=8, le=1024, description="longest line in tokens")
    capture_fps: float = Field(
        default=2.0, ge=0.1, le=30, description="frames a second that go into the window"
    )
    window_size: int = Field(default=32, ge=1, le=512, description="frames that the window keeps")
    frames_per_inference: int = Field(
        default=4, ge=1, le=64, description="frames that go with one request"
    )
    frame_stride: int = Field(
        default=2, ge=1, le=32, description="every n-th frame of the window goes with a request"
    )
    inference_interval: float = Field(
        default=1.0, ge=0, le=60, description="least seconds between two requests"
    )
    still_interval: float = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="seconds between two requests while nothing happens; 0: never",
    )
    change_threshold: float = Field(
        default=5.0,
        ge=0,
        le=255,
        description="mean grey-level change from which on the picture counts as changed",
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

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, bool) and info.field_name not in _SWITCHES:
            raise ValueError
        return value

    def updated(self, changes: Mapping[str, object]) -> RoomSettings:
        """These settings with changes applied; None takes a setting back to its default.

        Only room settings are taken and returned, also when called on `Settings`.
        Raises SettingsError with one problem for each wrong key.
        """
        explicit = {
            name: getattr(self, name)
            for name in self.model_fields_set
            if name in RoomSettings.model_fields
        }
        found = {name: Found(value, name, "") for name, value in {**explicit, **changes}.items()}
        wanted = {name: item for name, item in found.items() if item.value is not None}
        return checked(RoomSettings, wanted)

    def effective(self) -> RoomSettings:
        """These settings with preset and profile filled in where nothing was set explicitly."""
        profile = load_profile(self.profile)
        filled: dict[str, object] = {
            name: number
            for name, number in load_presets()[self.preset].numbers().items()
            if name not in self.model_fields_set
        }
        filled["prompt"] = self.prompt or profile.instructions
        filled["voice"] = self.voice or profile.voice
        if "language" not in self.model_fields_set:
            filled["language"] = profile.language
        return self.model_copy(update=filled)
