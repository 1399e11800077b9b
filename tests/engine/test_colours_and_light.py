"""Names of colours, and what the light did."""

from __future__ import annotations

import numpy as np

from models.sketch.colours import main_colour, shares
from tests.engine.scenes import plain

# CSS colours (red, green, blue) and what people call them.
KNOWN = {
    (0, 0, 0): "black",
    (128, 128, 128): "grey",
    (245, 245, 245): "white",
    (220, 20, 60): "red",  # crimson
    (178, 34, 34): "red",  # firebrick
    (255, 140, 0): "orange",
    (255, 215, 0): "yellow",
    (85, 107, 47): "green",  # dark olive green
    (64, 224, 208): "turquoise",
    (70, 130, 180): "blue",  # steel blue
    (0, 0, 128): "blue",  # navy
    (148, 0, 211): "purple",
    (255, 192, 203): "pink",
    (139, 69, 19): "brown",  # saddle brown
}


def test_known_colours_hold_under_a_little_noise() -> None:
    rng = np.random.default_rng(1)
    for rgb, name in KNOWN.items():
        pixels = np.tile(np.array(rgb[::-1], np.uint8), (400, 1))
        assert main_colour(pixels) == name, rgb
        noisy = np.clip(pixels + rng.normal(0, 4, (400, 3)), 0, 255).astype(np.uint8)
        assert shares(noisy).get(name, 0) > 0.5, (rgb, name, shares(noisy))


def test_mixtures() -> None:
    red, white, blue = (np.tile(plain(name)[0, 0], (40, 1)) for name in ("red", "white", "blue"))
    assert main_colour(np.concatenate([red, white])) == "red"
    assert main_colour(np.concatenate([white, white, white, red])) == "white"
    assert main_colour(np.concatenate([red, blue])) == ""
    assert main_colour(np.zeros((0, 3), np.uint8)) == ""
