"""Whole photos: faces are found, laid straight into the square that a face model reads, and what was changed in the
square is put back into the photo at its own resolution.
"""
