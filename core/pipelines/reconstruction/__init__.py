"""Pictures through autoencoders and back, and the benchmark of these."""
