"""The building blocks of the page."""
