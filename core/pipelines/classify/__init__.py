"""What the classifier sees in a picture, and where it looks."""
