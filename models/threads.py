"""Blocking work as an async stream; voices use it too, so it lives with them."""

from speech.threads import Sink, stream

__all__ = ["Sink", "stream"]
