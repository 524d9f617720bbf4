"""Reconstructs pictures with autoencoders, and compares the autoencoders in a benchmark."""
