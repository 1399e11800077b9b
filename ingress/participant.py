"""Being in a room: joins, stays, joins again whenever the server went away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from datetime import timedelta

import aiohttp
from livekit import api, rtc

from config.settings import Settings
from config.tasks import Tasks
from ingress.lifecycle import Trouble

log = logging.getLogger("pressbox.ingress")

FIRST_WAIT, LONGEST_WAIT = 0.5, 10.0
"""Seconds between two attempts to join; doubled each time, with jitter."""

TAKEN_WAIT, TAKEN_LONGEST = 2.0, 10.0
"""The same while somebody else is there under this name, which costs the server one question."""

CONNECT_TIMEOUT, CONNECT_LIMIT = 5.0, 45.0
"""Seconds for one of LiveKit's own tries, and for all of them: it was seen to take 32 s with a
server that says nothing.
"""

REJOIN_PATIENCE = 20.0
"""Seconds that LiveKit's own attempts to get back into the room may take before we join anew."""

LEAVE_TIMEOUT = 3.0
"""Seconds to say goodbye; without it the server shows us in the room until it misses us."""

TOKEN_LIFE = timedelta(hours=24)

_TAKEN = "another participant has joined under this name"
_REMOVED = "it was removed from the room"
_FINAL: dict[int, Trouble] = {
    rtc.DisconnectReason.DUPLICATE_IDENTITY: Trouble("taken", _TAKEN),
    rtc.DisconnectReason.PARTICIPANT_REMOVED: Trouble("removed", _REMOVED),
}
_OUT = Trouble("away", "out of the room, joining again")
_NO_WAY_BACK = Trouble("away", "no way back into the room, joining anew")

_joining_late: set[asyncio.Task[None]] = set()
"""Connections that were being made when nobody wanted them any more; LiveKit ends each in time."""


class NoKeyError(ValueError):
    """Nobody can join with these settings. `str()` is one line."""


def check_key(settings: Settings) -> None:
    """Raises NoKeyError where there is none for LiveKit."""
    if not settings.livekit_api_key or not settings.livekit_api_secret.get_secret_value():
        raise NoKeyError("LIVEKIT_API_KEY and LIVEKIT_API_SECRET are not set: both are needed")


class Participant:
    """One participant. `entered` is called with each room that is joined, `left` when it is lost.

    trouble: why it is not in the room at the moment; None while it is, and before the first try.
    """

    def __init__(
        self,
        settings: Settings,
        room: str,
        identity: str,
        *,
        entered: Callable[[rtc.Room], None],
        left: Callable[[], None],
    ) -> None:
        """Raises NoKeyError."""
        check_key(settings)
        self._url, self._key = settings.livekit_url, settings.livekit_api_key
        self._secret = settings.livekit_api_secret.get_secret_value()
        self._name, self._identity = room, identity
        self._entered = entered
        self._left = left
        self._woken = asyncio.Event()
        self._tasks = Tasks(log.warning)
        self._was_woken = False
        self._lost: asyncio.Future[Trouble] | None = None
        self.trouble: Trouble | None = None

    def start(self) -> None:
        """Begin to join."""
        self._tasks.keep(f"the presence of {self._identity}", self._run)

    def wake(self) -> None:
        """Join at once, also where it was sent away."""
        if self.trouble:
            self.trouble = Trouble("away", "joining the room again")
            self._woken.set()

    def rejoin(self, text: str) -> None:
        """Leave the room and join it again; text is one line that says why."""
        if self._lost and not self._lost.done():
            self._lost.set_result(Trouble("away", text))

    async def aclose(self) -> None:
        """Leave. Idempotent."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        wait, taken_wait = FIRST_WAIT, TAKEN_WAIT
        while True:
            joined, trouble = await self._stay()
            self.trouble = trouble
            log.info("%s: %s", self._identity, trouble.text)
            if trouble.kind == "removed":
                await self._pause(None)
            elif trouble.kind == "taken":
                taken_wait = await self._until_free(TAKEN_WAIT if joined else taken_wait)
            else:
                wait = FIRST_WAIT if joined else wait
                await self._pause(wait * random.uniform(0.5, 1))
                wait = min(wait * 2, LONGEST_WAIT)

    async def _stay(self) -> tuple[bool, Trouble]:
        """Joins and waits until the room is lost: whether it was in, and why it is out."""
        room = rtc.Room()
        lost = self._lost = _watch(room)
        joined = False
        try:
            if said := await self._connect(room):
                return False, Trouble("away", f"no way into room {self._name}: {said}")
            log.info("%s is in room %s", self._identity, self._name)
            self.trouble = None
            joined = True
            self._entered(room)
            return True, await lost
        except Exception as error:  # livekit.rtc raises bare ones
            log.exception("%s: being in the room failed", self._identity)
            return joined, Trouble("away", f"being in the room failed ({type(error).__name__})")
        finally:
            if joined:
                self._left()
            lost.cancel()
            await _leave(room)

    async def _connect(self, room: rtc.Room) -> str:
        """Why it does not work; "" when it has.

        `Room.connect` must not be cancelled: it would leave a participant in the room whom nobody
        owns, and a queue of events that only grows.
        """
        options = rtc.RoomOptions(auto_subscribe=False, connect_timeout=CONNECT_TIMEOUT)
        work = room.connect(self._url, self._token(), options)
        task = asyncio.create_task(work, name="participant.connect")
        try:
            async with asyncio.timeout(CONNECT_LIMIT):
                await asyncio.shield(task)
        except rtc.ConnectError as error:
            return _told(error)
        except TimeoutError:
            return "no answer in time"
        finally:
            if not task.done():
                late = asyncio.create_task(_leave_when_joined(task, room), name="participant.late")
                _joining_late.add(late)
                late.add_done_callback(_joining_late.discard)
        return ""

    async def _until_free(self, wait: float) -> float:
        """Waits until nobody is there under our name, or we are woken; gives the next wait.

        Whoever took the name would be thrown out by our joining, and would come back: a war.
        """
        while True:
            await self._pause(wait * random.uniform(0.8, 1.2))
            wait = min(wait * 2, TAKEN_LONGEST)
            if self._was_woken or not await self._is_there():
                return wait

    async def _is_there(self) -> bool:
        """Whether a participant of our name is in the room; in doubt, yes."""
        timeout = aiohttp.ClientTimeout(total=5)
        async with api.LiveKitAPI(self._url, self._key, self._secret, timeout=timeout) as server:
            wanted = api.RoomParticipantIdentity(room=self._name, identity=self._identity)
            try:
                await server.room.get_participant(wanted)
            except api.TwirpError as error:
                return error.code != api.TwirpErrorCode.NOT_FOUND
            except (aiohttp.ClientError, TimeoutError, OSError):
                return True
        return True

    def _token(self) -> str:
        """Allows to publish and to say how it is, and nothing else."""
        grants = api.VideoGrants(
            room_join=True,
            room=self._name,
            can_publish=True,
            can_subscribe=False,
            can_publish_data=False,
            can_update_own_metadata=True,
        )
        # Kind "ingress": nobody is watching behind this participant.
        token = api.AccessToken(self._key, self._secret).with_identity(self._identity)
        return token.with_kind("ingress").with_grants(grants).with_ttl(TOKEN_LIFE).to_jwt()

    async def _pause(self, seconds: float | None) -> None:
        self._was_woken = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
                self._was_woken = True
        self._woken.clear()


def _watch(room: rtc.Room) -> asyncio.Future[Trouble]:
    """What is set when the room is lost: how."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[Trouble] = loop.create_future()
    patience: list[asyncio.TimerHandle] = []

    def end(trouble: Trouble) -> None:
        if not over.done():
            over.set_result(trouble)

    def reconnecting() -> None:
        if not patience:
            patience.append(loop.call_later(REJOIN_PATIENCE, end, _NO_WAY_BACK))

    def reconnected(_: object = None) -> None:
        while patience:
            patience.pop().cancel()

    room.on("disconnected", lambda reason: end(_FINAL.get(reason, _OUT)))
    room.on("reconnecting", reconnecting)
    room.on("reconnected", reconnected)
    over.add_done_callback(reconnected)
    return over


async def _leave(room: rtc.Room) -> None:
    try:
        await asyncio.wait_for(room.disconnect(), LEAVE_TIMEOUT)
    except TimeoutError:
        log.debug("the server did not say goodbye")


async def _leave_when_joined(task: asyncio.Task[None], room: rtc.Room) -> None:
    await asyncio.gather(task, return_exceptions=True)
    await _leave(room)


def _told(error: Exception) -> str:
    """One short line; LiveKit's texts name the address, which is no secret, but long."""
    return (str(error).splitlines() or [type(error).__name__])[0][:160]
