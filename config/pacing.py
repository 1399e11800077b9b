"""How often and how much is said: the settings that a preset holds."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Length = Literal["brief", "normal", "detailed"]


class Pacing(BaseModel):
    """Base of the room settings and of presets."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, coerce_numbers_to_str=True
    )

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
        description="side of what must move for a line, % of the picture's (a cut: 255); 0: none",
    )
    tts_pause_after: float = Field(
        default=1.0, ge=0, le=30, description="breathing pause in seconds after each line"
    )
    tts_max_new_tokens: int = Field(default=96, ge=8, le=1024, description="longest line in tokens")
    length: Length = Field(default="normal", description="how much one line says")

    @field_validator("*", mode="before")
    @classmethod
    def _no_switch_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        field = cls.model_fields.get(info.field_name or "")
        if isinstance(value, bool) and field is not None and field.annotation is not bool:
            raise ValueError
        return value
