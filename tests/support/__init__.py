"""What the tests share: a real LiveKit server, a viewer that measures, a scripted engine."""
