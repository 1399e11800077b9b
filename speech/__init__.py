"""Local voices and Whisper: text in, speech out, and back. Used by the engines and by the agent."""
