"""AES-128 in CBC, decryption only, many blocks at a time by numpy.

The standard library has no AES, and a package for the few encrypted playlists is not worth it. The
tables are derived as FIPS 197 describes. Looking up tables leaks timing to others on this machine;
the key came over the network a moment ago and opens a television stream.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_Bytes = NDArray[np.uint8]


def _doubled(value: int) -> int:
    return (value << 1 ^ (0x11B if value & 0x80 else 0)) & 0xFF


def _product(first: int, second: int) -> int:
    result = 0
    while second:
        if second & 1:
            result ^= first
        first, second = _doubled(first), second >> 1
    return result


def _substitution() -> list[int]:
    """The S-box: the inverse in GF(2^8), and an affine map."""
    inverse = [0] * 256
    power = [1]
    for _ in range(254):
        power.append(_product(power[-1], 3))
    for exponent, value in enumerate(power):
        inverse[value] = power[-exponent % 255]
    box = []
    for value in inverse:
        turned = value
        for shift in range(1, 5):
            turned ^= (value << shift | value >> 8 - shift) & 0xFF
        box.append(turned ^ 0x63)
    return box


_BOX = _substitution()
_UNBOX = np.array([_BOX.index(value) for value in range(256)], np.uint8)
_TIMES = {
    factor: np.array([_product(value, factor) for value in range(256)], np.uint8)
    for factor in (9, 11, 13, 14)
}
_UNSHIFT = np.array([(column - row) % 4 * 4 + row for column in range(4) for row in range(4)])


class Decryptor:
    """Decrypts a stream piece by piece. key and start: 16 bytes each, or ValueError."""

    def __init__(self, key: bytes, start: bytes) -> None:
        if len(key) != 16 or len(start) != 16:
            raise ValueError("a key and a start of 16 bytes are needed")
        self._round_keys = _expanded(key)
        self._before = start

    def decrypt(self, data: bytes) -> bytes:
        """data: whole blocks of 16 bytes, following those of the last call."""
        if len(data) % 16:
            raise ValueError("only whole blocks can be decrypted")
        coded = np.frombuffer(data, np.uint8).reshape(-1, 16)
        state = coded ^ self._round_keys[10]
        for number in range(9, -1, -1):
            state = _UNBOX[state[:, _UNSHIFT]] ^ self._round_keys[number]
            if number:
                state = _unmixed(state)
        before = np.frombuffer(self._before + data[:-16], np.uint8).reshape(-1, 16)
        self._before = data[-16:]
        return bytes((state ^ before).tobytes())


def _unmixed(state: _Bytes) -> _Bytes:
    columns = state.reshape(-1, 4, 4)
    by = {factor: table[columns] for factor, table in _TIMES.items()}
    mixed = np.empty_like(columns)
    for row in range(4):
        mixed[:, :, row] = (
            by[14][:, :, row]
            ^ by[11][:, :, (row + 1) % 4]
            ^ by[13][:, :, (row + 2) % 4]
            ^ by[9][:, :, (row + 3) % 4]
        )
    return mixed.reshape(-1, 16)


def _expanded(key: bytes) -> _Bytes:
    words = [list(key[place : place + 4]) for place in range(0, 16, 4)]
    constant = 1
    for number in range(4, 44):
        word = list(words[-1])
        if number % 4 == 0:
            word = [_BOX[one] for one in (*word[1:], word[0])]
            word[0] ^= constant
            constant = _doubled(constant)
        words.append([one ^ other for one, other in zip(word, words[-4], strict=True)])
    return np.array(words, np.uint8).reshape(11, 16)
