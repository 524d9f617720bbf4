"""Training of styles: low-rank adapters of a frozen denoiser, from renderings, photos or another domain."""
