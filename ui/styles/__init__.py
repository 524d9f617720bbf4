"""The Styles tab."""
