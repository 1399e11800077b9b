"""All settings, typed and checked.

They are read in this order, later ones win: defaults, `pressbox.yaml`, `.env`, environment,
command line; a room adds its dispatch metadata and what people change while it runs
(`RoomSettings.updated`).

In the environment every setting may be written `PRESSBOX_NAME`; all but a few everyday words
(`origins.PREFIX_ONLY`) also plainly as `NAME`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from config import origins
from config.check import checked
from config.engine_settings import EngineSettings
from config.errors import SettingsError
from config.fields import Folder, Port, url
from config.ingress_settings import IngressSettings
from config.origins import Found
from config.profiles import load_presets, load_profile, profile_names
from config.source_spec import SourceSpec

__all__ = ["RoomSettings", "Settings", "SettingsError", "load_settings"]

_ROOT = Path(__file__).resolve().parent.parent


_SWITCHES = frozenset({"enable_tts", "ingress_service"})


def _known_profile(value: object) -> object:
    if isinstance(value, str) and value in profile_names():
        return value
    raise ValueError("one of " + ", ".join(profile_names()))


def _known_preset(value: object) -> object:
    if isinstance(value, str) and value in load_presets():
        return value
    raise ValueError("one of " + ", ".join(load_presets()))


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


class Settings(IngressSettings, EngineSettings, RoomSettings):
    """Everything that the processes go by; made by `load_settings`."""

    livekit_port: Port = Field(default=7880, description="own livekit-server: signalling port")
    livekit_tcp_port: Port = Field(default=7881, description="own livekit-server: media over TCP")
    livekit_udp_port: Port = Field(default=7882, description="own livekit-server: media over UDP")
    livekit_url: Annotated[str, url("ws", "wss", "http", "https")] = Field(
        default_factory=lambda data: f"ws://127.0.0.1:{data.get('livekit_port', 7880)}",
        description="a LiveKit server to use; not set: one of our own is started",
    )
    livekit_api_key: str = Field(default="", max_length=256, description="of that server")
    livekit_api_secret: SecretStr = Field(default=SecretStr(""), description="of that server")
    livekit_public_url: Annotated[str, url("ws", "wss", optional=True)] = Field(
        default="", description="what browsers are told; empty: livekit_url"
    )
    room_key: SecretStr = Field(
        default=SecretStr(""),
        max_length=1024,
        description="passphrase of rooms with end-to-end encryption; empty: none",
    )
    room: str = Field(default="lobby", min_length=1, max_length=128, description="the default room")
    web_host: str = Field(
        default="127.0.0.1", min_length=1, description="address the page listens on"
    )
    web_port: Port = Field(default=8199, description="port of the page")
    admin_token: SecretStr = Field(
        default=SecretStr(""),
        description="who may add sources; empty: STATE_DIR/admin.token is made and used",
    )
    agent_load_limit: int = Field(
        default=4, ge=1, le=1000, description="booths that one worker takes"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level that is logged"
    )
    state_dir: Folder = Field(
        default_factory=origins.default_state_dir, description="folder of what survives a restart"
    )
    media_dir: Folder = Field(
        default_factory=lambda data: data.get("state_dir", Path()) / "media",
        description="folder of video files that may be added as sources",
    )
    voice_dir: Folder = Field(
        default_factory=lambda data: data.get("state_dir", Path()) / "voices",
        description="folder of recordings that minicpmo can speak like: NAME.wav, NAME.flac",
    )

    def room_settings(self) -> RoomSettings:
        """The part that a booth goes by."""
        return self.updated({})

    def explicit(self) -> dict[str, str]:
        """What was set on purpose, as `PRESSBOX_NAME` variables for a child. Holds secrets."""
        return {
            f"{origins.PREFIX}{name.upper()}": _as_text(getattr(self, name))
            for name in sorted(self.model_fields_set)
        }


def load_settings(
    *,
    cli: Mapping[str, object] | None = None,
    env: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Settings:
    """Reads the settings of this process.

    cli holds what the command line set, by field name; env defaults to the environment, directory
    (where `pressbox.yaml` and `.env` lie) to the root of the repository.
    Raises SettingsError with one problem for each wrong key.
    """
    found = origins.gather(set(Settings.model_fields), cli or {}, env, directory or _ROOT)
    settings = checked(Settings, found)
    if "livekit_url" in settings.model_fields_set or settings.livekit_api_key:
        return settings
    found_key = origins.installation_key(settings.state_dir)
    if found_key is None:
        return settings
    key, secret = found_key
    update = {"livekit_api_key": key, "livekit_api_secret": SecretStr(secret)}
    return settings.model_copy(update=update)


def _as_text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, tuple):
        specs = [one.revealed() for one in value if isinstance(one, SourceSpec)]
        return json.dumps(specs) if specs else ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
