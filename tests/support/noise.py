"""What changes in a picture although nothing happens: one generator for each kind.

Each works on a film, uint8 grey (360, 640), and gives the camera's picture at a time in seconds.
All are drawn from a generator's seed, so that a film is the same in each run.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.support import noise_camera, noise_encoder, noise_scene
from tests.support.films import Film

Noise = Callable[[Film, np.random.Generator], Film]


def noises() -> dict[str, Noise]:
    """All of them by name."""
    made: tuple[Noise, ...] = (
        noise_camera.sensor_noise,
        noise_camera.low_light,
        noise_camera.flicker,
        noise_camera.rolling_bands,
        noise_scene.neon,
        noise_scene.rain,
        noise_scene.snow,
        noise_scene.clock,
        noise_scene.overlay_text,
        noise_scene.cursor,
        noise_camera.exposure_hunting,
        noise_camera.white_balance,
        noise_scene.fan,
        noise_scene.blinking_light,
        noise_scene.television,
        noise_scene.leaves,
        noise_scene.water,
        noise_camera.shake,
        noise_camera.small_shake,
        noise_camera.infrared,
        noise_scene.sunrise,
        noise_scene.clouds,
        noise_encoder.jpeg,
        noise_encoder.breathing,
        noise_encoder.starved_encoder,
        noise_encoder.low_light_encoded,
        noise_encoder.frozen,
    )
    return {make.__name__.replace("_", " "): make for make in made}
