"""The Reconstruction tab."""
