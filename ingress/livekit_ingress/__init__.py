"""The way in by the LiveKit Ingress service: pushes (RTMP, WHIP), and sources through it."""
