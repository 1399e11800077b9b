"""Sources with known secrets, in every trouble: no secret may be found anywhere."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.peers.camera_encoders import Look
from tests.peers.http_camera import HttpCamera, http_camera
from tests.peers.login import Login
from tests.peers.nasty_rtsp import Manners, NastyCamera
from tests.peers.proxy import nobody, proxy
from tests.sources.service import IngressService
from tests.sources.spelling import found_in, spellings
from tests.sources.stage import Stage
from tests.sources.watched import watched
from tests.support.livekit_server import LiveKitServer

WRONG, RIGHT = "p@ss:wr/ng-s3kr1t", "r#ght@p/ss?s3kr1t:x"
TOKEN, KEY, OTHER = "t0ken-s3kr1t+a", "k3y-0f-a-str3am", "s3c0nd-s3kr1t"
HEADER = "h3ad3r-s3kr1t"
SECRETS = (WRONG, RIGHT, TOKEN, KEY, OTHER, HEADER)


async def addresses(stage: Stage, stack: AsyncExitStack) -> dict[str, str]:
    """Sources by name; those called ok-… are to be live."""
    upstream = ("127.0.0.1", stage.media.rtsp_port)
    basic, digest = (
        stack.enter_context(NastyCamera(Manners(offers=(offer,)), "admin", RIGHT))
        for offer in ("basic", "SHA-256")
    )
    web = await stack.enter_async_context(
        http_camera(HttpCamera(login=Login("admin", RIGHT, ("MD5", "SHA-256"))))
    )
    token = await stack.enter_async_context(http_camera(HttpCamera(token="t0ken-s3kr1t a")))
    onward = await stack.enter_async_context(
        http_camera(HttpCamera(redirect=f"http://admin:{OTHER}@127.0.0.1:{web.port}"))
    )
    garbage, mute = [await stack.enter_async_context(proxy(upstream)) for _ in range(2)]
    await garbage.set("garbage")
    await mute.set("silent")
    dead, media = nobody(), stage.media

    def login(url: str, password: str) -> str:
        scheme, _, rest = url.partition("://")
        return f"{scheme}://admin:{password}@{rest}"

    return {
        "ok-basic": basic.url(),
        "ok-digest": digest.url(),
        "ok-web": web.url("cam.mjpg", login=f"admin:{RIGHT}"),
        "ok-token": token.url(f"cam.mjpg?token={TOKEN}"),
        "ok-key": media.rtmp(f"open/{KEY}"),
        "rtsp-wrong": digest.url(WRONG),
        "rtsp-dead": f"rtsp://admin:{WRONG}@127.0.0.1:{dead}/x?password={OTHER}",
        "rtsp-garbage": f"rtsp://admin:{WRONG}@127.0.0.1:{garbage.port}/open/cam",
        "rtsp-mute": f"rtsp://admin:{WRONG}@127.0.0.1:{mute.port}/open/cam?token={TOKEN}",
        "rtsp-path": media.rtsp(f"open/user=admin_password={OTHER}_channel=1"),
        "rtsp-none": login(media.rtsp(f"open/none?password={OTHER}"), WRONG),
        "rtsp-name": f"rtsp://admin:{WRONG}@no-such-camera.invalid/a?token={TOKEN}",
        "web-wrong": web.url("cam.mjpg", login=f"admin:{WRONG}"),
        "web-token": token.url(f"cam.mjpg?token={OTHER}"),
        "web-none": token.url(f"nothing.mjpg?token={TOKEN}"),
        "web-dead": f"http://admin:{WRONG}@127.0.0.1:{dead}/x.mjpg?token={TOKEN}",
        "web-onward": onward.url("cam.mjpg", login=f"admin:{WRONG}"),
        "web-playlist": web.url(f"live.m3u8?token={TOKEN}", login=f"admin:{WRONG}"),
        "rtmp-none": login(media.rtmp(f"open/none-{KEY}"), WRONG),
        "rtmp-dead": f"rtmp://admin:{WRONG}@127.0.0.1:{dead}/live/{KEY}?token={TOKEN}",
        "srt-dead": f"srt://127.0.0.1:{dead}?streamid=read:{OTHER}&passphrase={WRONG}",
        "srt-none": f"srt://127.0.0.1:{media.srt_port}?streamid=read:open/{OTHER}",
    }


@pytest.mark.timeout(150)
async def test_no_secret_is_found_anywhere(livekit_server: LiveKitServer, tmp_path: Path) -> None:
    stage = Stage(tmp_path / "stage")
    stage.published("open/cam", Look())
    stage.pushed(f"open/{KEY}", Look())
    lines: set[str] = set()
    async with (
        stage,
        AsyncExitStack() as stack,
        watched(livekit_server, tmp_path) as (service, viewer),
    ):
        watch = asyncio.create_task(_watch_processes(service, lines), name="processes")
        try:
            sources = await addresses(stage, stack)
            for name, url in sources.items():
                headers = {"X-Key": HEADER} if url.startswith("http") else {}
                await service.add(name, url, headers=headers)
            said = await _mistakes(service)
            said += await _commands(service, livekit_server.environment, sources)
            for name in sources:
                if name.startswith("ok-"):
                    await service.until(name, lambda one: one["state"] == "live", "live", 60)
                else:
                    await service.until(name, lambda one: bool(one["error"]), "in trouble", 60)
            attributes = [str(seen.attributes) for seen in viewer.seen.values()]
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
        await service.end()
        secrets = (*SECRETS, livekit_server.api_secret, service.token)
        places: Mapping[str, str] = {
            "the log": service.log,
            "an answer of the API": "\n".join(service.answers),
            "a command line or an environment": "\n".join(lines),
            "a command's output": said,
            "an attribute": "\n".join(attributes),
        }
        for place, text in places.items():
            assert text, place
            found = found_in(text, secrets)
            assert not found, place
        kept = service.state / "sources.json"
        assert kept.stat().st_mode & 0o077 == 0
        assert lines, "no reader was seen"


async def _watch_processes(service: IngressService, lines: set[str]) -> None:
    while True:
        lines.update(service.command_lines()[1:])  # its own environment holds its settings
        await asyncio.sleep(0.1)


async def _mistakes(service: IngressService) -> str:
    """What the API says to addresses and fields that are wrong."""
    wrong = (
        {"name": "a", "url": f"gopher://admin:{WRONG}@host/x"},
        {"name": "a", "url": f"rtsp://admin:{WRONG}@ho st/x"},
        {"name": "a b", "url": f"rtsp://admin:{WRONG}@host/x"},
        {"name": "a", "url": f"rtsp://admin:{WRONG}@host/x", "mode": f"srt://h?passphrase={OTHER}"},
        {"name": "a", "url": f"rtsp://admin:{WRONG}@host/x", f"{TOKEN}": 1},
        {"name": "a", "url": [f"rtsp://admin:{WRONG}@host/x"]},
        {"name": "a", "url": "http://host/x", "headers": {"Host": HEADER}},
        {"name": "a", "url": "http://host/x", "headers": HEADER},
        {"name": "ok-basic", "url": f"rtsp://admin:{WRONG}@host/x"},
    )
    said = []
    for body in wrong:
        status, answer = await service.ask("POST", "/api/sources", body)
        assert 400 <= status < 500, (status, answer)
        said.append(str(answer))
    return "\n".join(said)


async def _commands(
    service: IngressService, environment: Mapping[str, str], sources: Mapping[str, str]
) -> str:
    """What the commands write."""
    place = {
        "PRESSBOX_INGRESS_PORT": str(service.port),
        "PRESSBOX_ADMIN_TOKEN": service.token,
        "PRESSBOX_STATE_DIR": str(service.state),
    }
    said = ""
    for words, given in (
        (("add", "-", "--room", service.room, "--name", "by-hand"), sources["rtsp-dead"]),
        (("add", "-", "--room", service.room, "--name", "by-hand"), sources["rtsp-dead"]),
        (("add", "-", "--room", service.room), f"rtsp://admin:{WRONG}@host:99999/"),
        (("probe", "-"), sources["rtsp-wrong"]),
        (("probe", "-", "--header", "X-Key: -"), f"{sources['web-wrong']}\n{HEADER}"),
        (("probe", "-"), sources["ok-digest"]),
        (("probe", "-"), f"srt://{WRONG}"),
        (("list",), ""),
        (("status",), ""),
        (("status", "--json"), ""),
        (("add", sources["rtsp-dead"], "--nonsense"), ""),
    ):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ingress", *words),
            env={**os.environ, **environment, **place},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await asyncio.wait_for(process.communicate(given.encode() + b"\n"), 30)
        said += f"{words[0]}: {out.decode()}\n"
        assert b"Traceback" not in out
    assert "by-hand" in said
    return said


def test_secrets_would_be_found() -> None:
    text = "a log with a line: dXNlcjpwQHNzOndyL25nLXMza3IxdA== and no more"
    assert found_in(text, [WRONG])
    assert found_in("…p%2540ss%253Awr%252Fng-s3kr1t…", [WRONG])
    assert not found_in("rtsp://127.0.0.1/x", SECRETS)
    assert all(len(one) > 5 for secret in SECRETS for one in spellings(secret))
