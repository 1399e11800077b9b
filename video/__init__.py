"""What the agent and the ingress both do with pictures."""
