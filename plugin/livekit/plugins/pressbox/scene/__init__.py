"""What goes on in front of the camera, as far as pixels tell."""

from .scene import News, Scene, Tracker
from .sight import Box, Motion, Sight, TrackedObject

__all__ = ["Box", "Motion", "News", "Scene", "Sight", "TrackedObject", "Tracker"]
