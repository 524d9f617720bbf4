"""Captions: writes sentences from attributes, and parses attributes from sentences."""
