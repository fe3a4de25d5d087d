"""A call that fails as no library documents, in a module that a process of its own imports at once."""

WORDS = "what a visitor wrote"


def misled() -> None:
    """Raises what nobody foresaw, with a visitor's words."""
    raise AttributeError(WORDS)
