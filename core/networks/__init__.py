"""Loaded networks: one copy of each in memory, run so that the same recipe gives the same picture on any thread count."""
