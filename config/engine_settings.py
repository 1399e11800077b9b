"""Settings of engines: which one, where it runs, and who speaks and hears for one that does not."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, SecretStr

from config.fields import JsonObject, Port, url

EngineApi = Literal["auto", "openai", "vllm-omni", "sglang-omni", "llama.cpp", "ollama"]

ENGINE_KINDS = {
    "pressbox": "pressbox",
    "vllm": "vllm-omni",
    "sglang-omni": "sglang-omni",
    "sglang": "sglang",
    "llamacpp": "llama.cpp",
    "library": "ollama",
}
"""By ``owned_by`` in ``/v1/models``; who is not here speaks the standard, as hosted ones do."""

PORT_STEP = 10
"""Own engines on several devices listen on the engine's port and every tenth above it."""


def _own_urls(data: dict[str, Any]) -> str:
    port, devices = data.get("engine_port", 8198), data.get("engine_device", "auto").split(",")
    return ",".join(f"http://127.0.0.1:{port + PORT_STEP * at}/v1" for at, _ in enumerate(devices))


class EngineSettings(BaseModel):
    """Part of `Settings`."""

    engine: str = Field(
        default="sketch",
        pattern=r"^[a-z0-9_-]+$",
        examples=["sketch"],
        description="own engine to start: sketch, minicpmo or vlm",
    )
    engine_port: Port = Field(default=8198, description="own engine: port on loopback")
    engine_device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|cuda(:\d+)?(,cuda:\d+)*)$",
        examples=["auto", "cpu", "cuda:0", "cuda:0,cuda:1"],
        description="own engine: auto, cpu, cuda:0; several: a process for each",
    )
    engine_memory: float = Field(
        default=0.0,
        ge=0,
        le=4096,
        description="own engine: GiB it may take on its device; 0: what is free",
    )
    model_path: str = Field(
        default="", description="own engine: folder or hub id of its checkpoint"
    )
    engine_url: Annotated[str, url("http", "https", several=True)] = Field(
        default_factory=_own_urls,
        description="engines to use, commas between; not set: one of our own is started",
    )
    engine_api: EngineApi = Field(
        default="auto", description="what those engines are; auto: as they say themselves"
    )
    engine_api_key: SecretStr = Field(default=SecretStr(""), description="of those engines")
    engine_model: str = Field(default="", description="model to ask for; empty: the engine's first")
    second_engine_url: Annotated[str, url("http", "https", several=True, optional=True)] = Field(
        default="",
        description="engines that write the lines from what the first ones see; empty: none",
    )
    second_engine_api: EngineApi = Field(default="auto", description="what those engines are")
    second_engine_api_key: SecretStr = Field(default=SecretStr(""), description="of those engines")
    second_engine_model: str = Field(
        default="", description="their model; empty: the engine's first; it needs no pictures"
    )
    tts: str = Field(
        default="auto",
        pattern=r"^[A-Za-z0-9_:.-]+$",
        examples=["auto", "engine", "espeak", "piper:en_US-lessac-medium", "elevenlabs"],
        description="who speaks: auto: the engine, else espeak; engine; espeak; piper[:VOICE]; "
        "name of a LiveKit TTS plugin",
    )
    tts_options: JsonObject = Field(
        default_factory=dict, description="arguments of that plugin, a JSON object without keys"
    )
    stt: str = Field(
        default="auto",
        pattern=r"^[A-Za-z0-9_:./-]+$",
        examples=["auto", "engine", "whisper", "whisper:small", "deepgram"],
        description="who hears spoken questions: auto: the engine, else whisper (make stt); "
        "engine; whisper[:MODEL or folder]; name of a LiveKit STT plugin",
    )
    stt_options: JsonObject = Field(
        default_factory=dict, description="arguments of that plugin, a JSON object without keys"
    )

    @property
    def engine_urls(self) -> tuple[str, ...]:
        """Base URLs of the engines to use, at least one."""
        return tuple(self.engine_url.split(","))

    @property
    def engine_devices(self) -> tuple[str, ...]:
        """Devices of our own engine; a process runs on each."""
        return tuple(self.engine_device.split(","))
