"""Stable Diffusion models of others: where they lie on this machine, what they are, and how each form is opened."""
