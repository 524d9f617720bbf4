"""Diffusion in latents: what a network is asked to predict, how pictures are drawn from it, how photos are inverted."""
