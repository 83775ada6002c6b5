"""The one way in which a meter says that it cannot be read."""


class UnavailableError(Exception):
    """A meter is not here or may not be read; the message is the reason that a null is given."""
