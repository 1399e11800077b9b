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

from pydantic import Field, SecretStr

from config import origins, profiles
from config.access_settings import AccessSettings
from config.alert_rule import Rule
from config.alert_settings import AlertSettings
from config.check import checked
from config.engine_settings import EngineSettings
from config.errors import SettingsError
from config.fields import DetectorChoice, Port, url
from config.folders import Folders
from config.ingress_settings import IngressSettings
from config.monitoring_settings import MonitoringSettings
from config.room_settings import RoomSettings
from config.source_spec import SourceSpec

__all__ = ["RoomSettings", "Settings", "SettingsError", "load_settings"]

_ROOT = Path(__file__).resolve().parent.parent


class Settings(
    MonitoringSettings,
    AccessSettings,
    Folders,
    AlertSettings,
    IngressSettings,
    EngineSettings,
    RoomSettings,
):
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
    agent_load_limit: int = Field(
        default=4, ge=1, le=1000, description="booths that one worker takes"
    )
    detector: DetectorChoice = Field(
        default="auto",
        description="who names persons and things: auto: YOLOX, once fetched; off; an ONNX file",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least level that is logged"
    )

    def room_settings(self) -> RoomSettings:
        """The part that a booth goes by."""
        return self.updated({})

    def secrets(self) -> set[str]:
        """What must not be shown of them; those of sources' addresses too."""
        values = [getattr(self, name) for name in self.model_fields_set]
        found = {one.get_secret_value() for one in values if isinstance(one, SecretStr)}
        for source in self.sources:
            found |= source.address.secrets
        return found - {""}

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
    """Reads the settings of this process, and the profiles that they may name.

    cli holds what the command line set, by field name; env defaults to the environment, directory
    (where `pressbox.yaml` and `.env` lie) to the root of the repository.
    Raises SettingsError with one problem for each wrong key.
    """
    found = origins.gather(set(Settings.model_fields), cli or {}, env, directory or _ROOT)
    named = {name: found[name] for name in Folders.model_fields if name in found}
    profiles.use(checked(Folders, named).profile_dir)
    settings = checked(Settings, found)
    if settings.livekit_api_key:
        return settings
    url = settings.livekit_url if "livekit_url" in settings.model_fields_set else ""
    found_key = origins.installation_key(settings.state_dir, url)
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
        specs += [one.model_dump(mode="json") for one in value if isinstance(one, Rule)]
        return json.dumps(specs) if specs else ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
