"""Loaded networks: one copy of each in memory; a recipe gives the same picture on any number of threads."""
