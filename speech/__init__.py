"""Local voices: text in, speech out, without a network. Used by the engines and by the agent."""
