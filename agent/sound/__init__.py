"""What is heard: commentary with its captions, and the source's own sound."""
