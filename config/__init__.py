"""What every process shares: settings, profiles, presets, logging and the saved state of rooms."""
