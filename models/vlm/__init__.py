"""Vision-language models that transformers has itself: pictures in, text out, no speech."""
