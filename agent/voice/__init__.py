"""Voices for engines that give text only."""
