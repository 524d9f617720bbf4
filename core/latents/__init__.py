"""Latents of whole picture sets on disk."""

from core.latents.store import LatentSet, encode_set

__all__ = ["LatentSet", "encode_set"]
