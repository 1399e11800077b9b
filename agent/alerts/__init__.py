"""Alerts: rules that are watched all the time, and what is done when one of them hits."""
