"""Brings cameras, streams, files and pushes into rooms, each as a participant."""
