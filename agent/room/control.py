"""The settings of one room while it runs: changed by the RPC methods `pressbox.get` and
`pressbox.set` and by orders, and kept for the next start.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping

from livekit import rtc

from agent.room import orders
from agent.room.chosen import MODE_UNTIL, Chosen
from agent.room.mode import Mode
from agent.room.room import Room
from agent.room.rpc import BAD_REQUEST, Methods, json_object, refuse_guests
from config import profiles
from config.room_state import RoomState
from config.settings import RoomSettings, SettingsError
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.control")

GET = "pressbox.get"
SET = "pressbox.set"

SAVE_TIMEOUT = 5.0
"""Seconds that a change under way may take when the room is left."""

LOOK_EVERY = 3.0
"""Seconds between two looks at the folder of profiles."""

MOST_UNDONE = 20
"""Changes that can be taken back, one after another."""


class Control:
    """Owns the settings. Anybody in the room may change them, by RPC or by an order."""

    def __init__(
        self,
        room: Room,
        chosen: Chosen,
        state: RoomState,
        *,
        apply: Callable[[RoomSettings], None],
        silence: Callable[[], None],
        tell: Tell,
    ) -> None:
        """`apply` takes the new settings whole; what it raises leaves the old ones in force.
        `silence` ends what is being heard: somebody ordered it to be idle.
        """
        self._methods = Methods(room, {GET: self._on_get, SET: self._on_set})
        self._base = chosen.base
        self._choice = chosen.mode
        self._state = state
        self._apply = apply
        self._silence = silence
        self._tell = tell
        self._before: deque[dict[str, object]] = deque(maxlen=MOST_UNDONE)
        self._saves, self._looks = Tasks(tell), Tasks(tell)
        self._saving = asyncio.Lock()
        self._unsaved: dict[str, object] = {}
        self._next_save: asyncio.Task[None] | None = None
        self.settings = chosen.settings
        """What holds now."""
        self._effective = chosen.settings.effective()

    @property
    def mode(self) -> Mode:
        """Whether it commentates at this moment."""
        return self._choice.at(time.time())

    def start(self) -> None:
        """Register the methods."""
        self._methods.start()
        self._looks.keep("the look at the profiles", self._look)

    async def aclose(self) -> None:
        """Take the methods back, and wait for a change that is being saved. Idempotent."""
        self._methods.stop()
        await self._looks.aclose()
        await self._saves.aclose(grace=SAVE_TIMEOUT)

    def change(self, changes: Mapping[str, object], by: str) -> asyncio.Task[None]:
        """Go by these changes at once; None takes a setting back to what it was at the start. `by`
        is who wants it.

        Returns the task that keeps them for the next start; it need not be waited for. Raises
        SettingsError, and what applying them raises; then nothing has changed.
        """
        undo = {key: self._changed(key) for key in changes}
        task = self._change(changes, by)
        self._before.append(undo)
        return task

    def undo(self, by: str) -> bool:
        """Take the last change back; whether there was one."""
        if not self._before:
            return False
        self._change(self._before.pop(), by)
        return True

    def order(self, text: str, by: str) -> str | None:
        """Do what the text orders, and say what to reply; None where it is no order."""
        names = {"profile": profiles.profile_names(), "preset": profiles.load_presets()}
        order = orders.read(text, names)
        if order is None:
            return None
        if order.undo and not self.undo(by):
            order = orders.Order(replies=(("nothing", ""),))
        try:
            if order.changes:
                self.change(order.changes, by)
        except SettingsError as error:
            return str(error)
        return order.reply(self._effective.language)

    def _change(self, changes: Mapping[str, object], by: str) -> asyncio.Task[None]:
        taken_back = {key for key, value in changes.items() if value is None}
        base = {key: getattr(self._base, key) for key in taken_back & self._base.model_fields_set}
        settings = self.settings.updated({**changes, **base})
        before, was = (self.settings, self._choice), self.mode
        self.settings = settings
        self._choice = self._choice.after(settings, changes, time.time())
        try:
            self._apply(settings)
        except BaseException:
            self.settings, self._choice = before
            raise
        self._effective = settings.effective()
        log.info("%s set %s", by, ", ".join(changes))
        if self.mode == "idle" and (was == "active" or "mode" in changes):
            self._silence()
        self._unsaved |= {**changes, MODE_UNTIL: self._choice.until or None}
        # A task of its own: a caller who gives up must not end it halfway. One that has not begun
        # saves this change too.
        if self._next_save is None:
            self._next_save = self._saves.once("saving a setting", self._save())
        return self._next_save

    def _changed(self, key: str) -> object:
        """What the setting was changed to in this room, None where it is as at the start."""
        value = getattr(self.settings, key, None)
        at_start = key in self.settings.model_fields_set and key in self._base.model_fields_set
        same = at_start and value == getattr(self._base, key)
        return None if same or key not in self.settings.model_fields_set else value

    async def _look(self) -> None:
        """Go by profiles as they are now, and tell what is wrong with one."""
        told: tuple[str, ...] = ()
        while True:
            await asyncio.to_thread(profiles.refresh)
            if (problems := profiles.problems()) != told:
                told = problems
                for problem in problems:
                    self._tell(f"a profile is left out: {problem}")
            if (effective := self.settings.effective()) != self._effective:
                self._apply(self.settings)
                self._effective = effective
            await asyncio.sleep(LOOK_EVERY)

    async def _on_get(self, _: rtc.RpcInvocationData) -> str:
        """Nothing. Answers all settings."""
        return self.settings.model_dump_json()

    async def _on_set(self, call: rtc.RpcInvocationData) -> str:
        """Some; `null` takes one back to what it was at the start. Answers all settings."""
        refuse_guests(call)
        changes = json_object(call.payload, '{"delay": 4}')
        if changes.keys() & {"profile", "preset"}:
            await asyncio.to_thread(profiles.refresh)
        try:
            saved = self.change(changes, call.caller_identity)
        except SettingsError as error:
            raise _refusal(error) from error
        answer = self.settings.model_dump_json()
        await asyncio.wait([saved])
        return answer

    async def _save(self) -> None:
        async with self._saving:  # one after another, or the slower would undo the other
            self._next_save = None
            changes, self._unsaved = self._unsaved, {}
            try:
                await asyncio.to_thread(self._merge, changes)
            except OSError as error:
                self._unsaved = changes | self._unsaved  # the next change may find room
                why = error.strerror or type(error).__name__
                self._tell(f"the change holds, but a restart will not find it again: {why}")

    def _merge(self, changes: Mapping[str, object]) -> None:
        kept = self._state.load() | dict(changes)
        self._state.save({key: value for key, value in kept.items() if value is not None})


def _refusal(error: SettingsError) -> rtc.RpcError:
    """Its data is `{"problems": [{key, value, allowed}]}`."""
    problems = [{"key": p.key, "value": p.value, "allowed": p.allowed} for p in error.problems]
    return rtc.RpcError(BAD_REQUEST, str(error), json.dumps({"problems": problems}))
