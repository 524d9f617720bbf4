"""Training: an importable function per model over one loop. Nothing here is needed to use the trained weights."""
