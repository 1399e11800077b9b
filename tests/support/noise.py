"""What changes in a picture although nothing happens: one generator for each kind.

Each works on a still picture, uint8 grey (360, 640), and gives the camera's picture at a time in
seconds. All are drawn from a seed, so that a film is the same in each run.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from math import pi, sin

import av
import cv2
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 640, 360

Picture = npt.NDArray[np.uint8]
"""Grey levels, shape (360, 640)."""
Film = Callable[[float], Picture]
"""The picture at a time in seconds. Times are asked for in order."""
Noise = Callable[[Film, np.random.Generator], Film]

_ALL: dict[str, Noise] = {}


def noises() -> dict[str, Noise]:
    """All of them by name."""
    return dict(_ALL)


def _noise(make: Noise) -> Noise:
    _ALL[make.__name__.replace("_", " ")] = make
    return make


def room() -> Picture:
    """A drawn room: wall, floor, door, table, window, a picture on the wall."""
    rng = np.random.default_rng(4)
    image = np.full((HEIGHT, WIDTH), 168, np.uint8)
    image[240:] = 96
    for x in range(0, WIDTH, 40):
        cv2.line(image, (x, 240), (x * 2 - 320, HEIGHT), 84, 2)
    cv2.rectangle(image, (60, 70), (140, 250), 120, -1)
    cv2.rectangle(image, (60, 70), (140, 250), 70, 2)
    cv2.rectangle(image, (420, 50), (560, 150), 225, -1)
    cv2.rectangle(image, (420, 50), (560, 150), 90, 4)
    cv2.line(image, (490, 50), (490, 150), 90, 3)
    cv2.rectangle(image, (230, 60), (330, 130), 60, -1)
    cv2.rectangle(image, (250, 80), (310, 115), 190, -1)
    cv2.rectangle(image, (330, 220), (520, 234), 58, -1)
    for x in (342, 500):
        cv2.rectangle(image, (x, 234), (x + 8, 320), 50, -1)
    grain = cv2.resize(rng.normal(0, 6, (90, 160)).astype(np.float32), (WIDTH, HEIGHT))
    return _picture(image + grain)


def still(picture: Picture) -> Film:
    return lambda _: picture


@_noise
def sensor_noise(film: Film, rng: np.random.Generator) -> Film:
    """A good camera's by day."""
    return lambda t: _picture(film(t) + _grain(rng, 4.0))


@_noise
def low_light(film: Film, rng: np.random.Generator) -> Film:
    """A dark picture, with grain that the camera's own smoothing has made coarse."""

    def at(t: float) -> Picture:
        coarse = rng.normal(0, 9, (HEIGHT // 4, WIDTH // 4)).astype(np.float32)
        grain = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        return _picture(film(t) * 0.3 + 6 + grain + _grain(rng, 14.0))

    return at


@_noise
def flicker(film: Film, rng: np.random.Generator) -> Film:
    """Lamps on mains current: the whole picture beats."""
    rate = rng.uniform(1.5, 4.5)
    return lambda t: _picture(film(t) * (1 + 0.12 * sin(2 * pi * rate * t)))


@_noise
def rolling_bands(film: Film, rng: np.random.Generator) -> Film:
    """The same through a rolling shutter: stripes that wander."""
    y = np.arange(HEIGHT, dtype=np.float32)[:, None] / HEIGHT
    rate = rng.uniform(0.2, 0.9)
    return lambda t: _picture(film(t) * (1 + 0.12 * np.sin(2 * pi * (2 * y + rate * t))))


@_noise
def neon(film: Film, rng: np.random.Generator) -> Film:
    """A tube that fails and starts anew every few seconds."""
    starts = np.cumsum(rng.uniform(1.0, 4.0, 200))

    def at(t: float) -> Picture:
        off = np.any((t >= starts) & (t < starts + 0.15))
        return _picture(film(t) * (0.6 if off else 1.0))

    return at


@_noise
def rain(film: Film, rng: np.random.Generator) -> Film:
    """Streaks, somewhere else in each picture."""

    def at(t: float) -> Picture:
        image = film(t).astype(np.float32)
        streaks = np.zeros((HEIGHT, WIDTH), np.uint8)
        for x, y, long in zip(
            rng.integers(0, WIDTH, 150),
            rng.integers(-40, HEIGHT, 150),
            rng.integers(15, 45, 150),
            strict=True,
        ):
            cv2.line(streaks, (int(x), int(y)), (int(x) + 4, int(y + long)), 70, 1, cv2.LINE_AA)
        return _picture(image + streaks)

    return at


@_noise
def snow(film: Film, rng: np.random.Generator) -> Film:
    """Flakes that fall on, some of them near and large."""
    count = 120
    x, y = rng.uniform(0, WIDTH, count), rng.uniform(0, HEIGHT, count)
    near = rng.uniform(0, 1, count) ** 4
    speed = 60 + 200 * near

    def at(t: float) -> Picture:
        image = film(t).copy()
        for i in range(count):
            place = int(x[i] + 8 * sin(2 * t + i)) % WIDTH, int(y[i] + speed[i] * t) % HEIGHT
            cv2.circle(image, place, int(1 + 5 * near[i]), 245, -1, cv2.LINE_AA)
        return image

    return at


@_noise
def clock(film: Film, rng: np.random.Generator) -> Film:
    """Digits in a corner that change each second."""

    def at(t: float) -> Picture:
        seconds = int(t) + 10 * 3600 - 5
        text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
        return _text(film(t), f"2026-11-26 {text}", (390, 30), 0.7)

    return at


@_noise
def overlay_text(film: Film, rng: np.random.Generator) -> Film:
    """A line of other words every few seconds."""
    words = ["Temperature 21.5", "Humidity 40 %", "CAM 1 ENTRANCE", "REC", "Live"]
    changes = np.cumsum(rng.uniform(2, 7, 60))

    def at(t: float) -> Picture:
        return _text(film(t), words[int(np.searchsorted(changes, t)) % 5], (20, 340), 0.8)

    return at


@_noise
def cursor(film: Film, rng: np.random.Generator) -> Film:
    """A pointer that blinks and wanders a little."""
    points = np.array([[0, 0], [0, 24], [6, 18], [16, 18]])

    def at(t: float) -> Picture:
        image = film(t).copy()
        if t % 1.0 < 0.6:
            place = np.array([590 + 8 * sin(0.7 * t), 300 + 6 * sin(1.1 * t)])
            cv2.fillPoly(image, [np.asarray(points + place, np.int32)], 255)
        return image

    return at


@_noise
def exposure_hunting(film: Film, rng: np.random.Generator) -> Film:
    """The camera's automatic exposure swings and steps."""
    steps = np.cumsum(rng.uniform(3, 8, 60))
    gains = rng.uniform(0.75, 1.3, 61)

    def at(t: float) -> Picture:
        i = int(np.searchsorted(steps, t))
        since = t - (steps[i - 1] if i else -9.0)
        mix = min(1.0, since / 0.6)
        gain = gains[i] * mix + gains[max(0, i - 1)] * (1 - mix)
        return _picture(255 * (film(t) / 255.0 * gain * (1 + 0.05 * sin(1.3 * t))) ** 0.95)

    return at


@_noise
def white_balance(film: Film, rng: np.random.Generator) -> Film:
    """It drifts; in grey that is a gain that depends on the colours of a place."""
    tint = cv2.resize(rng.uniform(-1, 1, (3, 5)).astype(np.float32), (WIDTH, HEIGHT))
    return lambda t: _picture(film(t) * (1 + 0.08 * sin(0.5 * t) * (1 + 0.5 * tint)))


@_noise
def fan(film: Film, rng: np.random.Generator) -> Film:
    """Three blades that turn."""
    speed = rng.uniform(300, 900)

    def at(t: float) -> Picture:
        image = film(t).copy()
        for blade in range(3):
            angle = speed * t + 120 * blade
            cv2.ellipse(image, (200, 150), (45, 14), angle, 0, 180, 50, -1, cv2.LINE_AA)
        cv2.circle(image, (200, 150), 50, 70, 2)
        return image

    return at


@_noise
def blinking_light(film: Film, rng: np.random.Generator) -> Film:
    """A lamp of an alarm, with its glow."""
    period = rng.uniform(0.6, 1.6)

    def at(t: float) -> Picture:
        image = film(t).copy()
        if t % period < period / 2:
            cv2.circle(image, (380, 190), 9, 250, -1)
        return image

    return at


@_noise
def television(film: Film, rng: np.random.Generator) -> Film:
    """A set at the wall; its picture changes at least every second."""
    changes = np.cumsum(rng.uniform(0.1, 1.0, 400))

    def at(t: float) -> Picture:
        image = film(t).copy()
        shot = np.random.default_rng(int(np.searchsorted(changes, t)))
        shown = shot.uniform(20, 230, (5, 8)).astype(np.float32)
        image[60:130, 230:330] = np.clip(cv2.resize(shown, (100, 70)), 0, 255)
        return image

    return at


@_noise
def leaves(film: Film, rng: np.random.Generator) -> Film:
    """A tree that sways before a good part of the picture."""
    x, y = rng.uniform(430, 640, 170), rng.uniform(0, 230, 170)
    tone, phase = rng.uniform(30, 150, 170), rng.uniform(0, 1.5, 170)

    def at(t: float) -> Picture:
        image = film(t).copy()
        gust = 4 + 3 * sin(0.4 * t)
        for i in range(170):
            away = gust * sin(2 * pi * 0.8 * t + phase[i])
            place = int(x[i] + away), int(y[i] + 0.4 * away)
            cv2.ellipse(image, place, (12, 6), 40 * phase[i], 0, 360, tone[i], -1, cv2.LINE_AA)
        return image

    return at


@_noise
def water(film: Film, rng: np.random.Generator) -> Film:
    """Waves that run over the lower third."""
    y, x = np.mgrid[0:120, 0:WIDTH].astype(np.float32)
    waves = [(rng.uniform(0.03, 0.1), rng.uniform(0.06, 0.2), rng.uniform(2, 5)) for _ in range(4)]

    def at(t: float) -> Picture:
        image = film(t).astype(np.float32)
        height = sum(np.sin(a * x + b * y + c * t) for a, b, c in waves)
        image[240:] = 110 + 14 * height
        return _picture(image)

    return at


@_noise
def shake(film: Film, rng: np.random.Generator) -> Film:
    """A camera on a mast in the wind: a few pixels, and a third of a degree."""
    return _shaken(film, rng, 5.0, 0.3)


@_noise
def small_shake(film: Film, rng: np.random.Generator) -> Film:
    """Someone walks on the same floor."""
    return _shaken(film, rng, 1.5, 0.1)


@_noise
def infrared(film: Film, rng: np.random.Generator) -> Film:
    """The camera switches to infrared and back every ten seconds or so."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j].astype(np.float32)
    vignette = 1.1 - 0.45 * (x * x + y * y)
    shine = cv2.resize(rng.uniform(0.75, 1.3, (6, 10)).astype(np.float32), (WIDTH, HEIGHT))
    switches = np.cumsum(rng.uniform(8, 14, 20))

    def at(t: float) -> Picture:
        image = film(t)
        if np.searchsorted(switches, t) % 2 == 0:
            return image
        other = 255 * (image / 255.0) ** 0.7 * vignette * shine
        return _picture(other + _grain(rng, 3.0))

    return at


@_noise
def sunrise(film: Film, rng: np.random.Generator) -> Film:
    """Slowly brighter, from one side."""
    x = np.linspace(0, 1, WIDTH, dtype=np.float32)[None, :]
    return lambda t: _picture(film(t) * (0.35 + 0.012 * t * (0.6 + 0.8 * x)))


@_noise
def clouds(film: Film, rng: np.random.Generator) -> Film:
    """Their shadows wander over the scene."""
    field = rng.uniform(0, 1, (6, 40)).astype(np.float32)
    wide = cv2.GaussianBlur(cv2.resize(field, (WIDTH * 4, HEIGHT)), (0, 0), 30)
    wide = (wide - wide.min()) / (wide.max() - wide.min())

    def at(t: float) -> Picture:
        left = int(18 * t) % (3 * WIDTH)
        return _picture(film(t) * (1.1 - 0.45 * wide[:, left : left + WIDTH]))

    return at


@_noise
def jpeg(film: Film, rng: np.random.Generator) -> Film:
    """MJPEG of low and changing quality, of a grainy picture."""

    def at(t: float) -> Picture:
        quality = int(rng.integers(12, 35))
        grainy = _picture(film(t) + _grain(rng, 3.0))
        _, data = cv2.imencode(".jpg", grainy, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)

    return at


@_noise
def breathing(film: Film, rng: np.random.Generator) -> Film:
    """A starved encoder: at each key frame blocks and tones jump, then sharpen again."""
    blocks = rng.normal(0, 5, (600, 23, 40)).astype(np.float32)

    def at(t: float) -> Picture:
        image = film(t)
        group, into = divmod(t, 2.0)
        soft = cv2.GaussianBlur(image, (0, 0), 2.5 - into)
        lift = 4.0 * (int(group) % 2)
        jump = cv2.resize(
            blocks[int(group) % 600], (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST
        )
        return _picture(soft + lift + jump * (1 - into / 2))

    return at


@_noise
def starved_encoder(film: Film, rng: np.random.Generator) -> Film:
    """A grainy picture through H.264 at 60 kbit/s, with a key frame every three seconds."""
    return encoded(lambda t: _picture(film(t) + _grain(rng, 5.0)), bitrate=60_000)


@_noise
def low_light_encoded(film: Film, rng: np.random.Generator) -> Film:
    """A dark and grainy picture through the same."""
    return encoded(low_light(film, rng), bitrate=120_000)


@_noise
def frozen(film: Film, rng: np.random.Generator) -> Film:
    """A grainy picture that stands still, doubles and skips."""
    shown: list[Picture] = []

    def at(t: float) -> Picture:
        if not shown or (rng.uniform() > 0.5 and t % 8 < 6):
            shown[:] = [_picture(film(t) + _grain(rng, 6.0))]
        return shown[0]

    return at


def encoded(film: Film, *, bitrate: int) -> Film:
    """The film as a viewer sees it behind libx264, which gets ten pictures a second."""
    encoder = av.CodecContext.create("libx264", "w")
    if not isinstance(encoder, av.VideoCodecContext):
        raise TypeError("libx264 encodes video")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 10), Fraction(10)
    encoder.bit_rate, encoder.gop_size = bitrate, 30
    encoder.options = {
        "preset": "veryfast",
        "tune": "zerolatency",
        "maxrate": str(bitrate),
        "bufsize": str(bitrate // 2),
        "threads": "1",
    }
    decoder = av.CodecContext.create("h264", "r")
    shown = [film(0.0)]
    ticks = count()
    next_tick = next(ticks)

    def at(t: float) -> Picture:
        nonlocal next_tick
        while next_tick <= t * 10 + 1e-6:
            frame = av.VideoFrame.from_ndarray(film(next_tick / 10), format="gray")
            frame = frame.reformat(format="yuv420p")
            frame.pts = next_tick
            for packet in encoder.encode(frame):
                for done in decoder.decode(packet):
                    shown[0] = np.asarray(done.reformat(format="gray").to_ndarray(), np.uint8)
            next_tick = next(ticks)
        return shown[0]

    return at


def _shaken(film: Film, rng: np.random.Generator, pixels: float, degrees: float) -> Film:
    rates = rng.uniform(0.5, 3.0, 3)

    def at(t: float) -> Picture:
        jitter = rng.normal(0, 0.25, 3)
        right, down, turn = (
            sin(2 * pi * r * t) * 0.75 + j for r, j in zip(rates, jitter, strict=True)
        )
        matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees * turn, 1.0)
        matrix[:, 2] += (pixels * right, 0.7 * pixels * down)
        moved = cv2.warpAffine(film(t), matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
        return np.asarray(moved, np.uint8)

    return at


def _grain(rng: np.random.Generator, level: float) -> npt.NDArray[np.float32]:
    """Fast: a corner of a large field, somewhere else each time."""
    top, left = rng.integers(0, 400, 2)
    return _FIELD[top : top + HEIGHT, left : left + WIDTH] * np.float32(level)


def _text(image: Picture, words: str, place: tuple[int, int], scale: float) -> Picture:
    image = image.copy()
    cv2.putText(image, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 10, 5, cv2.LINE_AA)
    cv2.putText(image, words, place, cv2.FONT_HERSHEY_SIMPLEX, scale, 250, 2, cv2.LINE_AA)
    return image


def _picture(values: npt.NDArray[np.generic]) -> Picture:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


_FIELD = np.random.default_rng(1).normal(0, 1, (HEIGHT + 400, WIDTH + 400)).astype(np.float32)
