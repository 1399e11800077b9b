"""Ingresses made, listed and deleted, against a server that follows a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from livekit import api

from ingress.livekit_ingress import service
from ingress.livekit_ingress.service import IngressServiceError, connected, request
from tests.unit.ingress.livekit_ingress.scripted_livekit import STREAM_KEY, scripted_livekit


async def test_a_push_is_made_for_commentary_and_its_key_is_shown_once(tmp_path: Path) -> None:
    async with scripted_livekit(tmp_path) as (server, settings):
        made = await service.create(settings, "rtmp", room="lobby", name="push")
        (wanted,) = server.created
        assert (wanted.room_name, wanted.participant_identity) == ("lobby", "push")
        preset = api.IngressVideoEncodingPreset.H264_720P_30FPS_1_LAYER
        assert wanted.video.preset == preset
        assert (wanted.video.name, wanted.audio.name) == ("camera", "sound")
        assert (made.address, made.key) == (server.base_url, STREAM_KEY)
        assert json.loads(json.dumps(made.json()))["key"] == STREAM_KEY
        assert STREAM_KEY not in repr(made)
        listed = await service.list_all(settings)
        assert [one.name for one in listed] == ["push"]
        assert STREAM_KEY not in repr(listed) + json.dumps([one.json() for one in listed])


async def test_no_secret_of_an_address_is_in_a_list_or_in_an_error(tmp_path: Path) -> None:
    secret = "p@ss/w?rd"
    async with scripted_livekit(tmp_path) as (server, settings):
        url = f"http://user:{secret}@camera/live.m3u8?token=geheim"
        async with connected(settings) as lkapi:
            wanted = request("url", room="lobby", name="hls", identity="hls", url=url)
            await lkapi.ingress.create_ingress(wanted)
        error = f"cannot open {wanted.url}: no geheim\nfor p%40ss"
        server.set(api.IngressState.ENDPOINT_ERROR, error)
        shown = repr(await service.list_all(settings))
        assert "cannot open" in shown
        for hidden in (secret, "geheim", "p%40ss%2Fw%3Frd", "user"):
            assert hidden not in shown


async def test_deleting_goes_by_id_or_by_a_name_that_is_clear(tmp_path: Path) -> None:
    async with scripted_livekit(tmp_path) as (server, settings):
        for room in ("lobby", "studio"):
            await service.create(settings, "rtmp", room=room, name="push")
        with pytest.raises(IngressServiceError, match="already: IN_1"):
            await service.create(settings, "whip", room="lobby", name="push")
        with pytest.raises(IngressServiceError, match="IN_1, IN_2"):
            await service.delete(settings, "push")
        assert (await service.delete(settings, "IN_2")).room == "studio"
        assert (await service.delete(settings, "push")).id == "IN_1"
        with pytest.raises(IngressServiceError) as caught:
            await service.delete(settings, "push")
        assert caught.value.kind == "not_found"
        assert server.deleted == ["IN_2", "IN_1"]


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (
            (500, "internal", "ingress not connected (redis required)"),
            "no_service",
            "livekit-ingress.md",
        ),
        ((503, "unavailable", "no response from servers"), "no_service", "livekit-ingress.md"),
        ((503, "unavailable", "server capacity exceeded"), "refused", "busy"),
        ((401, "unauthenticated", "invalid token"), "refused", "LIVEKIT_API_KEY"),
        ((400, "invalid_argument", "parse http://u:geheim@c"), "wrong", "does not take"),
        ((500, "internal", "broken pipe to geheim"), "refused", "internal"),
    ],
)
async def test_what_the_server_answers_is_said_in_one_line(
    tmp_path: Path, error: tuple[int, str, str], kind: str, said: str
) -> None:
    async with scripted_livekit(tmp_path) as (server, settings):
        server.error = error
        with pytest.raises(IngressServiceError) as caught:
            await service.list_all(settings)
        assert caught.value.kind == kind
        assert said in str(caught.value)
        assert "geheim" not in str(caught.value)
        assert "\n" not in str(caught.value)
