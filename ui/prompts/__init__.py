"""The Text prompts tab."""
