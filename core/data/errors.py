"""The error of everything that reads data sets."""


class DataError(ValueError):
    """A data set that is missing, damaged or not in a known layout; the message is one sentence for the user."""
