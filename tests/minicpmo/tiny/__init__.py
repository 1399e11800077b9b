"""A tiny checkpoint with code of its own, made in a second, that runs the whole engine on a CPU."""

from tests.minicpmo.tiny.checkpoint import make_checkpoint

__all__ = ["make_checkpoint"]
