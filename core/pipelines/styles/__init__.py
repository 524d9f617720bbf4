"""Faces and photos in styles, and training a style."""
