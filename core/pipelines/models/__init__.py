"""The checkpoints on this machine."""
