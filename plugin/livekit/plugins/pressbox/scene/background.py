"""What the picture shows when nothing happens, and how restless each place of it is. Pure."""

from __future__ import annotations

from math import exp

import cv2
import numpy as np
import numpy.typing as npt

from .alignment import Levels, Shake, relit

Flags = npt.NDArray[np.bool_]
Mask = npt.NDArray[np.uint8]
"""1 where it holds, else 0; shape (height, width)."""

_ADAPT = 2.0
_FOLLOW = 3.0
_RESTLESS = 1.0
_USUAL = 6.0
_NOISE_UP, _NOISE_DOWN = 3.0, 10.0
_FLOOR, _NOISE_FACTOR, _MOST_NOISE = 10.0, 3.0, 16.0
_START_NOISE = 2.0
_ALSO_WITHIN = np.float32(0.3)
_NOISE_STEP = 3.0
_SURROUNDINGS = (25, 25)
_DETAIL, _LEAST_DETAIL = (9, 9), 2.0
_SHADE, _SOFT = 16.0, (17, 17)
_JUMP = 6.0
_SHARP = 0.6
_OUTLINE = 0.25
_NEAR = np.ones((3, 3), np.uint8)
_PLUS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_GAP = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))


class Background:
    """The still picture behind all that moves.

    Attributes:
        changed: Where the newest picture shows something else.
        now: The newest picture, laid on ``picture``.
        behind: ``picture`` in the light of ``now``.
        differs: Where they differ by more than noise and shake explain.
        usual: 0 to 1, how much of the last seconds a place was restless.
        changed_at: Time at which each place last changed by more than noise does.
        jumped: 0 to 1, the part of all places whose grey level has just jumped.
    """

    def __init__(self, time: float, grey: npt.NDArray[np.uint8]) -> None:
        self._shake = Shake(grey.shape)
        self.picture: Levels = _smooth(grey)
        self._held: Levels = self.picture
        self._last_time = self._since = time
        self._noise: Levels = np.full(grey.shape, _START_NOISE, np.float32)
        self._usual_sum: Levels = np.zeros(grey.shape, np.float32)
        self._usual_weight = 0.0
        self._last = grey
        self.now: Levels = self.picture
        self.behind: Levels = self.picture
        self.differs: Flags = np.zeros(grey.shape, np.bool_)
        self.jumped = 0.0
        self.changed: Mask = np.zeros(grey.shape, np.uint8)
        self.usual: Levels = np.zeros(grey.shape, np.float32)
        self.changed_at = np.full(grey.shape, time, np.float64)

    def see(self, time: float, grey: npt.NDArray[np.uint8]) -> None:
        """Compare the next picture; ``learn`` must follow."""
        now = self.now = self._shake.undo(_smooth(grey), self.picture)
        self.jumped = share_of_places(cv2.absdiff(grey, self._last), _JUMP)
        self._last = grey
        self.behind, last = relit(self.picture, now, self._held)
        apart = now - self.behind
        shade = cv2.blur(np.clip(apart, -_SHADE, _SHADE), _SOFT)
        contrast = _beyond_neighbours(now - shade, self.behind)
        least = self._least()
        sharp = np.abs(apart - cv2.blur(apart, _SURROUNDINGS)) > _SHARP * least
        self.differs = contrast > least
        self.changed = _outlined(self.differs, sharp)
        shade = cv2.blur(np.clip(now - last, -_SHADE, _SHADE), _SOFT)
        beyond = _beyond_neighbours(now - shade, last)
        moved = beyond > least
        self._unrest = beyond + _ALSO_WITHIN * np.abs(now - last)
        self.changed_at[moved] = time
        self._held = np.where(moved, now, last)

    def learn(self, time: float, explained: Mask, settled: Mask) -> None:
        """Take the picture in.

        ``explained`` are the places where something really moves: they teach nothing about noise.
        ``settled`` are those which become background at once.
        """
        step = time - self._last_time
        quiet = explained == 0
        self._learn_noise(step, quiet)
        self._learn_usual(time, step, quiet)
        share = np.where(self.changed > 0, 1 - exp(-step / 30), 1 - exp(-step / _ADAPT))
        share[settled > 0] = 1.0
        share[(explained > 0) & (settled == 0)] = 0.0
        learnt = np.asarray(share * (self.now - self.behind), np.float32)
        self.picture = self.behind + learnt
        self._held += np.float32(1 - exp(-step / _FOLLOW)) * (self.now - self._held)
        self._last_time = time

    def take(self) -> None:
        """All that the newest picture shows is background; what is known of noise is kept."""
        self.picture = self.now
        self._held = self.now

    def _least(self) -> Levels:
        noise = cv2.blur(self._noise, (5, 5))
        return np.asarray(_FLOOR + _NOISE_FACTOR * np.minimum(noise, _MOST_NOISE), np.float32)

    def _learn_noise(self, step: float, quiet: Flags) -> None:
        up, down = 1 - exp(-step / _NOISE_UP), 1 - exp(-step / _NOISE_DOWN)
        more = np.minimum(self._unrest - self._noise, self._noise + _NOISE_STEP)
        more *= np.where(more > 0, np.float32(up), np.float32(down))
        self._noise += more * quiet

    def _learn_usual(self, time: float, step: float, quiet: Flags) -> None:
        fade = exp(-step / _USUAL)
        restless = (time - self.changed_at < _RESTLESS) & (self.changed_at > self._since) & quiet
        self._usual_sum = fade * self._usual_sum + (1 - fade) * restless
        self._usual_weight = fade * self._usual_weight + (1 - fade)
        near = cv2.dilate(self._usual_sum, np.ones((9, 9), np.uint8))
        self.usual = np.asarray(near / max(self._usual_weight, 0.3), np.float32)


def share_of_places(
    values: npt.NDArray[np.uint8 | np.float32] | cv2.typing.MatLike, least: float
) -> float:
    """Part of 6 x 10 places whose mean is above ``least``."""
    return float((cv2.resize(values, (10, 6), interpolation=cv2.INTER_AREA) > least).mean())


def details(picture: Levels) -> Levels:
    """What is drawn in it, whatever the tones."""
    return np.asarray(picture - cv2.blur(picture, _DETAIL), np.float32)


def alike(one: Levels, other: Levels) -> float:
    """-1 to 1: how well the details of two pictures agree; 0 where one of them shows none."""
    a, b = float(one.std()), float(other.std())
    if min(a, b) < _LEAST_DETAIL:
        return 0.0
    return float(((one - one.mean()) * (other - other.mean())).mean()) / (a * b)


def _outlined(differs: Flags, sharp: Flags) -> Mask:
    """What differs and has an outline; shadows of clouds and the like have none."""
    opened = np.asarray(cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_OPEN, _PLUS), np.uint8)
    if not opened.any():
        return opened
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, _GAP)
    count, labels = cv2.connectedComponents(closed)
    flat = labels.ravel()
    sizes = np.bincount(flat, minlength=count)
    outlined = np.bincount(flat, (sharp & differs).ravel(), count) > _OUTLINE * sizes
    outlined[0] = False
    return np.asarray(outlined[labels] | (closed.astype(np.bool_) & sharp), np.uint8)


def _smooth(grey: npt.NDArray[np.uint8]) -> Levels:
    return np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.float32)


def _beyond_neighbours(now: Levels, behind: Levels) -> Levels:
    """How far each pixel lies outside of what its neighbourhood shows in the other picture.

    So a picture that is a pixel off, sharper or softer differs nowhere.
    """
    above = now - cv2.dilate(behind, _NEAR)
    below = cv2.erode(behind, _NEAR) - now
    return np.asarray(np.maximum(np.maximum(above, below), 0), np.float32)
