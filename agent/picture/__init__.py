"""The watched source's pictures, from the room to the delayed track."""
