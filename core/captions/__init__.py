"""Captions: what is said of a picture, and what a sentence asks for."""
