"""The agent worker: one booth a job, one job a room."""
