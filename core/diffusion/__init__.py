"""Diffusion in latents: what a network predicts, how pictures are drawn from it, how photos are inverted."""
