"""Segments of HLS that are encrypted with AES-128, decrypted as they are read."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CBC

from ingress.reader.failures import SourceFailure

_PIECE = 32 * 1024


class DecryptedFile:
    """A file as FFmpeg's `crypto:` would make it: AES-128 in CBC with PKCS 7 at its end.

    options: those that FFmpeg gives with such an address, `key` and `iv` in hexadecimal digits.
    """

    def __init__(self, inner: Any, options: dict[str, str]) -> None:
        try:
            key, start = bytes.fromhex(options["key"]), bytes.fromhex(options["iv"])
            self._decryptor = Cipher(AES128(key), CBC(start)).decryptor()
        except (KeyError, ValueError):
            raise SourceFailure("protocol", "the key of its playlist is none") from None
        self._inner = inner
        self._coded = bytearray()
        self._plain = bytearray()
        self._ended = False

    def read(self, size: int) -> bytes:
        while not self._plain and not self._ended:
            self._more()
        taken = bytes(self._plain[:size])
        del self._plain[:size]
        return taken

    def close(self) -> None:
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()

    def _more(self) -> None:
        data = self._inner.read(_PIECE)
        self._coded += data
        self._ended = not data
        # The last block is kept back: only at the end it is known to hold the padding.
        whole = len(self._coded) // 16 * 16
        if not self._ended and whole == len(self._coded):
            whole -= 16
        if whole <= 0:
            return
        plain = self._decryptor.update(bytes(self._coded[:whole]))
        del self._coded[:whole]
        if self._ended and 1 <= plain[-1] <= 16:
            plain = plain[: -plain[-1]]
        self._plain += plain
