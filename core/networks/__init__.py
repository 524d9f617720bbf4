"""Loaded networks: one copy of each in memory, the same picture for a recipe on any thread count."""
