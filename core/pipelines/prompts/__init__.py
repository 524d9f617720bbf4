"""Pictures from sentences."""
