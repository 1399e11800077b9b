"""A client of an engine server."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

import aiohttp

from models.engine import Picture
from tests.minicpmo.pictures import encoded

CHAT = "/v1/chat/completions"


def body(
    text: str,
    room: str = "",
    *,
    pictures: Sequence[Picture] | None = None,
    sound: bytes = b"",
    **changes: object,
) -> dict[str, Any]:
    """A request for a streamed answer with speech; ``sound`` is a WAV file's content."""
    shown = (encoded(),) if pictures is None else pictures
    content: list[dict[str, Any]] = [
        {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{_base64(one.data)}"}}
        for one in shown
    ]
    if sound:
        heard = {"data": _base64(sound), "format": "wav"}
        content.append({"type": "input_audio", "input_audio": heard})
    if text:
        content.append({"type": "text", "text": text})
    return {
        "messages": [
            {"role": "system", "content": "You are a reporter."},
            {"role": "user", "content": content},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "modalities": ["text", "audio"],
        "audio": {"voice": "default", "format": "pcm16"},
        "pressbox": {"room": room},
        **changes,
    }


class Customer:
    """Asks a server."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.http = http

    async def ask(self, text: str, room: str = "", **changes: Any) -> tuple[int, list[Any]]:
        """Status, and the events or the one error object."""
        async with self.http.post(self.url + CHAT, json=body(text, room, **changes)) as response:
            raw = (await response.read()).decode()
            if response.content_type == "application/json":
                return response.status, [json.loads(raw)]
            lines = [line.removeprefix("data: ") for line in raw.split("\n\n") if line]
            return response.status, [
                line if line == "[DONE]" else json.loads(line)
                for line in lines
                if not line.startswith(":")
            ]

    async def text(self, text: str, room: str = "", **changes: Any) -> str:
        """The text of an answer that must be a whole one."""
        status, events = await self.ask(text, room, **changes)
        assert status == 200
        assert events[-1] == "[DONE]"
        return text_of(events)

    async def get(self, path: str) -> str:
        async with self.http.get(self.url + path) as response:
            return await response.text()


def deltas(events: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        event["choices"][0]["delta"]
        for event in events
        if event != "[DONE]" and event.get("choices")
    ]


def text_of(events: Iterable[Any]) -> str:
    return "".join(delta.get("content", "") for delta in deltas(events))


def pcm_of(events: Iterable[Any]) -> bytes:
    """All speech: 24 kHz mono int16."""
    found = [delta["audio"]["data"] for delta in deltas(events) if "audio" in delta]
    return b"".join(map(base64.b64decode, found))


def notices(events: Iterable[Any]) -> list[str]:
    found = [event["pressbox"] for event in events if event != "[DONE]" and "pressbox" in event]
    return [one["notice"] for one in found]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
