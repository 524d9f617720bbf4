"""Models, training, latent tools and pipelines. Nothing here knows of a web page."""
