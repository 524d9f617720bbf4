"""What explains the page: the source lines that its lessons point at."""
