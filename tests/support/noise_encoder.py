"""What is lost and made up on the way from the camera."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

import av
import cv2
import numpy as np

from tests.support.films import HEIGHT, WIDTH, Film, Picture, grain, to_picture
from tests.support.noise_camera import low_light


def jpeg(film: Film, rng: np.random.Generator) -> Film:
    """MJPEG of low and changing quality, of a grainy picture."""

    def at(t: float) -> Picture:
        quality = int(rng.integers(12, 35))
        grainy = to_picture(film(t) + grain(rng, 3.0))
        _, data = cv2.imencode(".jpg", grainy, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)

    return at


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
        return to_picture(soft + lift + jump * (1 - into / 2))

    return at


def starved_encoder(film: Film, rng: np.random.Generator) -> Film:
    """A grainy picture through H.264 at 60 kbit/s, with a key frame every three seconds."""
    return encoded(lambda t: to_picture(film(t) + grain(rng, 5.0)), bitrate=60_000)


def low_light_encoded(film: Film, rng: np.random.Generator) -> Film:
    """A dark and grainy picture through the same."""
    return encoded(low_light(film, rng), bitrate=120_000)


def frozen(film: Film, rng: np.random.Generator) -> Film:
    """A grainy picture that stands still, doubles and skips."""
    shown: list[Picture] = []

    def at(t: float) -> Picture:
        if not shown or (rng.uniform() > 0.5 and t % 8 < 6):
            shown[:] = [to_picture(film(t) + grain(rng, 6.0))]
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
