"""Another computer: a network namespace, reached over a wire with delay, loss and a plug.

The wire is a pair of TUN devices with a thread between them. `tc netem` would do the same, but
many kernels come without it, and this one can be pulled in a moment and counts what it carries.
"""

from __future__ import annotations

import contextlib
import fcntl
import heapq
import itertools
import os
import random
import secrets
import selectors
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_LONGEST = 65_536


class NoNamespaceError(Exception):
    """This machine does not let us make one. `str()` is one line."""


class OtherComputer:
    """Made by `other_computer`. here and there: the two addresses of the wire.

    delay: seconds that each packet takes one way; loss: share of packets that get lost, 0 to 1;
    unplugged: nothing goes through, and nobody is told.
    """

    def __init__(self) -> None:
        name = secrets.token_hex(3)
        self.namespace = f"pb{name}"
        self._devices = (f"pbh{name}", f"pbt{name}")
        number = random.randrange(4, 250)
        self.here, self.there = f"10.213.{number}.1", f"10.213.{number}.2"
        self.delay, self.loss = 0.0, 0.0
        self.unplugged = False
        self.carried = 0
        self._ends: list[int] = []
        self._over, self._stop = os.pipe()
        self._thread = threading.Thread(target=self._carry, name="wire", daemon=True)

    def make(self) -> None:
        """Raises NoNamespaceError."""
        try:
            _ip("netns", "add", self.namespace)
            self._ends = [_tun(name) for name in self._devices]
            here, there = self._devices
            _ip("link", "set", there, "netns", self.namespace)
            _ip("address", "add", f"{self.here}/24", "dev", here)
            _ip("link", "set", here, "up")
            inside = ("-n", self.namespace)
            _ip(*inside, "address", "add", f"{self.there}/24", "dev", there)
            _ip(*inside, "link", "set", there, "up")
            _ip(*inside, "link", "set", "lo", "up")
        except OSError as error:
            raise NoNamespaceError(f"no TUN device: {error.strerror}") from None
        self._thread.start()

    def link(self, up: bool) -> None:
        """Takes the other computer's network interface down, or up again."""
        _ip("-n", self.namespace, "link", "set", self._devices[1], "up" if up else "down")

    def close(self) -> None:
        """Takes it all away. Idempotent."""
        if self._thread.is_alive():
            os.write(self._stop, b"x")
            self._thread.join(5)
        ends, self._ends = self._ends, []
        for end in ends:
            os.close(end)
        subprocess.run(["ip", "netns", "del", self.namespace], capture_output=True, timeout=10)
        for end in (self._over, self._stop):
            os.close(end)

    def _carry(self) -> None:
        chance, order = random.Random(7), itertools.count()
        late: list[tuple[float, int, int, bytes]] = []
        with selectors.DefaultSelector() as selector:
            for end in (*self._ends, self._over):
                selector.register(end, selectors.EVENT_READ)
            while True:
                wait = max(0.0, late[0][0] - time.monotonic()) if late else None
                for key, _ in selector.select(wait):
                    if key.fd == self._over:
                        return
                    packet = _read(key.fd)
                    if not packet or self.unplugged or chance.random() < self.loss:
                        continue
                    to = self._ends[1 - self._ends.index(key.fd)]
                    heapq.heappush(late, (time.monotonic() + self.delay, next(order), to, packet))
                while late and late[0][0] <= time.monotonic():
                    _, _, to, packet = heapq.heappop(late)
                    self.carried += 1
                    _write(to, packet)


@contextmanager
def other_computer() -> Iterator[OtherComputer]:
    """Another computer on a wire. Raises NoNamespaceError where that cannot be."""
    if os.geteuid() != 0:
        raise NoNamespaceError("only root may make network namespaces")
    made = OtherComputer()
    try:
        made.make()
        yield made
    finally:
        made.close()


def _tun(name: str) -> int:
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        asked = struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI)
        fcntl.ioctl(end, _TUNSETIFF, asked)
    except OSError:
        os.close(end)
        raise
    return end


def _ip(*words: str) -> None:
    try:
        done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=10)
    except FileNotFoundError:
        raise NoNamespaceError("ip is not installed (iproute2)") from None
    if done.returncode:
        raise NoNamespaceError(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _read(end: int) -> bytes:
    try:
        return os.read(end, _LONGEST)
    except OSError:
        return b""


def _write(end: int, packet: bytes) -> None:
    with contextlib.suppress(OSError):  # its interface is down, and the packet is lost
        os.write(end, packet)
