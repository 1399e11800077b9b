"""The engine without weights: OpenCV measures, plain sentences tell it, espeak-ng speaks."""
