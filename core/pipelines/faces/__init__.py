"""Faces by 40 attributes, from noise or from a photo."""
