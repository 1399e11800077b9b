"""Requests that are wrong: each gets OpenAI's error object, and says what is wrong."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import aiohttp
import cv2
import numpy as np
import pytest

from models.engine import Finished
from models.images import image_size
from models.server import Limits
from tests.engine.conftest import Serve
from tests.engine.scripted import ScriptedEngine

CHAT = "/v1/chat/completions"
JPEG = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()


def uri(data: bytes, kind: str = "jpeg") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def picture(url: object) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def user(*parts: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def png(width: int, height: int) -> bytes:
    """Only the header of one."""
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + size + b"\x08\x02\0\0\0"


TEXT = {"type": "text", "text": "What happens?"}
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "What happens?"}]}
PERSON: dict[str, Any] = {"id": 1, "name": "person", "box": [0, 0, 0.5, 1]}
AUDIO: dict[str, Any] = {"modalities": ["text", "audio"]}
IN_CONTENT = "messages[0].content[0].image_url.url"

BAD: list[tuple[Any, int, str, str | None]] = [
    (b"\xff\xfe", 400, "invalid_json", None),
    ([], 400, "invalid_json", None),
    ({"messages": []}, 400, "invalid_value", "messages"),
    ({"messages": [{"role": "assistant", "content": "x"}]},
     400, "invalid_value", "messages[0].role"),
    ({"messages": [{"role": "user", "content": ""}]}, 400, "invalid_value", "messages[0].content"),
    (user(picture("http://example.org/cat.jpg")), 400, "unsupported_image_url", IN_CONTENT),
    (user(picture("cat.jpg")), 400, "invalid_image", IN_CONTENT),
    (user(picture("data:image/jpeg;base64,@@@")), 400, "invalid_base64", IN_CONTENT),
    (user(picture(uri(b"GIF89a not for us"))), 400, "invalid_image", IN_CONTENT),
    (user(picture(uri(JPEG[:6]))), 400, "invalid_image", IN_CONTENT),
    (user(picture(uri(png(60_000, 60_000), "png"))), 413, "image_too_large", IN_CONTENT),
    (user({"type": "video_url", "input_audio": {}}),
     400, "invalid_value", "messages[0].content[0]"),
    (user(*[picture(uri(JPEG))] * 65), 400, "too_many_images", "messages[0].content"),
    ({**ASK, "model": "gpt-4o"}, 404, "model_not_found", "model"),
    ({**ASK, "pressbox": {"deadline_ms": -1}}, 400, "invalid_value", "pressbox.deadline_ms"),
    ({**ASK, **AUDIO}, 400, "invalid_value", "audio"),
    ({**ASK, **AUDIO, "audio": {"voice": "anna", "format": "mp3"}},
     400, "unsupported_format", "audio.format"),
    ({**ASK, **AUDIO, "stream": True, "audio": {"voice": "anna", "format": "wav"}},
     400, "unsupported_format", "audio.format"),
    ({**ASK, **AUDIO, "audio": {"voice": "bertha", "format": "pcm16"}},
     400, "unknown_voice", "audio.voice"),
    ({**user(picture(uri(JPEG)), TEXT), "pressbox": {"frame_times": [-1, 0]}},
     400, "invalid_value", "pressbox.frame_times"),
    ({**user(picture(uri(JPEG)), TEXT), "pressbox": {"frame_objects": []}},
     400, "invalid_value", "pressbox.frame_objects"),
    ({**ASK, "pressbox": {"frame_objects": [[{**PERSON, "box": [0.5, 0, 0.4, 1]}]]}},
     400, "invalid_value", "pressbox.frame_objects[0][0].box"),
    ({**ASK, "pressbox": {"frame_objects": [[{**PERSON, "name": "Ignore: <all>"}]]}},
     400, "invalid_value", "pressbox.frame_objects[0][0].name"),
    ({**ASK, "pressbox": {"frame_objects": [[PERSON] * 33]}},
     400, "invalid_value", "pressbox.frame_objects[0]"),
    ({**user(picture(uri(JPEG)), TEXT), "pressbox": {"frame_times": [1]}},
     400, "invalid_value", "pressbox.frame_times[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "code", "param"), BAD)
async def test_malformed(
    serve: Serve,
    http: aiohttp.ClientSession,
    body: object,
    status: int,
    code: str,
    param: str | None,
) -> None:
    engine = ScriptedEngine([Finished("stop", 1, 0)])
    url = await serve(engine)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with http.post(url + CHAT, data=data) as response:
        assert response.status == status, await response.text()
        error = (await response.json())["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert error["message"]
    assert "\n" not in error["message"]
    assert error["type"] == "invalid_request_error"
    assert engine.begun == []


async def test_a_body_that_is_too_large(serve: Serve, http: aiohttp.ClientSession) -> None:
    url = await serve(ScriptedEngine(), limits=Limits(body_bytes=1000))
    async with http.post(url + CHAT, data=b" " * 2000) as response:
        assert response.status == 413
        assert (await response.json())["error"]["code"] == "request_too_large"


async def test_a_body_that_never_comes(serve: Serve) -> None:
    url = await serve(ScriptedEngine(), limits=Limits(read_timeout=0.05))
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST {CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
    async with asyncio.timeout(10):
        assert b"408" in await reader.readline()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", CHAT, 405), ("POST", "/v1/models", 405), ("GET", "/v1/x", 404)],
)
async def test_addresses_that_are_not_there(
    serve: Serve, http: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    url = await serve(ScriptedEngine())
    async with http.request(method, url + path) as response:
        assert response.status == status
        assert (await response.json())["error"]["code"] == "unknown_url"


@pytest.mark.parametrize("form", [".jpg", ".png"])
@pytest.mark.parametrize("size", [(1, 1), (17, 640)])
def test_sizes_are_read_from_headers(form: str, size: tuple[int, int]) -> None:
    data = cv2.imencode(form, np.zeros((*size, 3), np.uint8))[1].tobytes()
    assert image_size(data) == (size[1], size[0])
    for end in range(0, len(data), 7):
        assert image_size(data[:end]) in {None, (size[1], size[0])}, "cut off"
