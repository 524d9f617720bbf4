"""Models, training, latent tools and pipelines. Nothing here knows of a web page."""

__version__ = "0.9.0"  # as in CITATION.cff, CHANGELOG.md and the help of the page
