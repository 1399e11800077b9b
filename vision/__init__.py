"""What a small detector sees in pictures; shared by the agent and the engines."""
