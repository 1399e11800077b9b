from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from ingress.reader.freeze import AFTER, HEIGHT, WIDTH, Freeze

SIZE = WIDTH * HEIGHT


def grey(level: int) -> bytes:
    return bytes([level]) * SIZE


def noisy(chance: random.Random, spread: int) -> bytes:
    return bytes(100 + chance.randint(-spread, spread) for _ in range(SIZE))


@pytest.mark.parametrize(
    "shown",
    [
        grey,
        lambda second: bytes([90 + second % 10]) + grey(90)[1:],  # a clock in the corner
        lambda second: grey(second // 2),
        lambda second: bytes(SIZE + second % 4),  # other sizes
    ],
)
def test_a_picture_that_changes_is_not_frozen(shown: Callable[[int], bytes]) -> None:
    freeze = Freeze()
    for second in range(0, 200, 2):
        freeze.see(shown(second), second)
        assert freeze.frozen_since == 0


def test_the_same_picture_encoded_anew_is_frozen_since_it_came() -> None:
    chance, freeze = random.Random(2), Freeze()
    freeze.see(grey(10), 5)
    for second in range(6, 60, 2):
        freeze.see(noisy(chance, 1), second)
        assert freeze.frozen_since == (6 if second >= 6 + AFTER else 0)
    freeze.see(grey(10), 61)
    assert freeze.frozen_since == 0


def test_a_rare_picture_is_frozen_when_several_were_the_same() -> None:
    freeze = Freeze()
    frozen = []
    for second in range(0, 120, 20):
        freeze.see(grey(10), 1 + second)
        frozen.append(freeze.frozen_since)
    assert frozen == [0, 0, 0, 1, 1, 1]
