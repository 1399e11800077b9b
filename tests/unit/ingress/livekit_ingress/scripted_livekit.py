"""The server API of LiveKit on loopback, as far as ingresses need it, following a script."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from google.protobuf.message import Message
from livekit import api
from livekit.protocol.ingress import IngressState
from livekit.protocol.models import ParticipantInfo, TrackInfo, TrackType

from config.settings import Settings, load_settings

KEY, SECRET = "key", "a secret of thirty-two characters"
STREAM_KEY = "streamkey-of-a-push"


class ScriptedLiveKit:
    """Keeps ingresses; `error` is what every call answers instead: status, code and message."""

    def __init__(self) -> None:
        self.ingresses: dict[str, api.IngressInfo] = {}
        self.created: list[api.CreateIngressRequest] = []
        self.deleted: list[str] = []
        self.error: tuple[int, str, str] | None = None
        self.picture = False
        """Whether whoever is asked for has a picture in the room."""
        self.attributes: list[dict[str, str]] = []
        self.base_url = "rtmp://127.0.0.1:1/live"
        self._numbers = itertools.count(1)

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        calls = {
            "Ingress/CreateIngress": self._create,
            "Ingress/ListIngress": self._list,
            "Ingress/DeleteIngress": self._delete,
            "RoomService/GetParticipant": self._participant,
            "RoomService/UpdateParticipant": self._update,
        }
        for name, call in calls.items():
            app.router.add_post(f"/twirp/livekit.{name}", call)
        return app

    def set(self, status: IngressState.Status, error: str = "") -> None:
        """The state of every ingress from now on."""
        for info in self.ingresses.values():
            info.state.status = status
            info.state.error = error

    async def _create(self, request: web.Request) -> web.Response:
        wanted = api.CreateIngressRequest.FromString(await request.read())
        if self.error:
            return self._refused()
        self.created.append(wanted)
        url = wanted.input_type == api.IngressInput.URL_INPUT
        info = api.IngressInfo(
            ingress_id=f"IN_{next(self._numbers)}",
            name=wanted.name,
            stream_key="" if url else STREAM_KEY,
            url=wanted.url if url else self.base_url,
            input_type=wanted.input_type,
            room_name=wanted.room_name,
            participant_identity=wanted.participant_identity,
            state=api.IngressState(),
        )
        self.ingresses[info.ingress_id] = info
        return _answer(info)

    async def _list(self, request: web.Request) -> web.Response:
        wanted = api.ListIngressRequest.FromString(await request.read())
        if self.error:
            return self._refused()
        found = [
            one
            for one in self.ingresses.values()
            if wanted.room_name in ("", one.room_name) and wanted.ingress_id in ("", one.ingress_id)
        ]
        return _answer(api.ListIngressResponse(items=found))

    async def _delete(self, request: web.Request) -> web.Response:
        wanted = api.DeleteIngressRequest.FromString(await request.read())
        if self.error:
            return self._refused()
        self.deleted.append(wanted.ingress_id)
        return _answer(self.ingresses.pop(wanted.ingress_id))

    async def _participant(self, request: web.Request) -> web.Response:
        wanted = api.RoomParticipantIdentity.FromString(await request.read())
        if not self.picture:
            error = {"code": "not_found", "msg": "participant does not exist"}
            return web.json_response(error, status=404)
        track = TrackInfo(name="camera", type=TrackType.VIDEO)
        return _answer(ParticipantInfo(identity=wanted.identity, tracks=[track]))

    async def _update(self, request: web.Request) -> web.Response:
        wanted = api.UpdateParticipantRequest.FromString(await request.read())
        self.attributes.append(dict(wanted.attributes))
        return _answer(ParticipantInfo(identity=wanted.identity))

    def _refused(self) -> web.Response:
        status, code, said = self.error or (500, "internal", "")
        return web.json_response({"code": code, "msg": said}, status=status)


def _answer(message: Message) -> web.Response:
    body = message.SerializeToString()
    return web.Response(body=body, content_type="application/protobuf")


@asynccontextmanager
async def scripted_livekit(folder: Path) -> AsyncIterator[tuple[ScriptedLiveKit, Settings]]:
    """A server, and the settings that lead to it."""
    server = ScriptedLiveKit()
    runner = web.AppRunner(server.app())
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        cli = {
            "livekit_url": f"ws://127.0.0.1:{port}",
            "livekit_api_key": KEY,
            "livekit_api_secret": SECRET,
        }
        yield server, load_settings(cli=cli, env={}, directory=folder)
    finally:
        await runner.cleanup()
