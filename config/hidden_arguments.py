"""Takes passwords that stand on a command line out of the list of processes.

Every user of a machine sees everybody's command lines. This imports next to nothing, so that it can
be done before anything that takes time.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def hide_arguments(program: Sequence[str], words: Sequence[str]) -> bool:
    """Rewrites this process's command line where one of the words holds what is secret.

    program: how the command line begins. Says whether there was anything to hide.
    """
    if not any("://" in word for word in words):
        return False
    from setproctitle import getproctitle, setproctitle

    before = getproctitle()
    setproctitle(" ".join(program))  # at once; what stays hidden needs a closer look
    shown = [_shown(word) for word in words]
    if shown == list(words):
        setproctitle(before)
        return False
    setproctitle(" ".join([*program, *shown]))
    return True


def _shown(word: str) -> str:
    """The word, or the address in it (`rtsp://…`, `SOURCE=rtsp://…`) in its safe form."""
    from config.source_address import HIDDEN, AddressError, parse

    before, scheme, _ = word.partition("://")
    if not scheme:
        return word
    name, equals, _ = before.rpartition("=")
    rest = word[len(name) + len(equals) :]
    try:
        address = parse(rest)
    except AddressError:
        address = None
    if address is None or not address.host:  # the address of a LiveKit server, say, or a list
        plain = "@" not in rest and "?" not in rest
        return word if plain else name + equals + HIDDEN
    return word if address.url == address.safe else name + equals + address.safe
