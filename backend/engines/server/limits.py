"""How much of a server's is read at most. What a model can write lies far below each."""

MAX_EVENT = 8_000_000  # bytes of one event, or of an answer that comes in one piece
MAX_BYTES = 100_000_000  # of a whole answer, with all that servers send around each of its words
MAX_TEXT = 2_000_000  # characters of an answer and its thoughts: fifteen for each token of the longest
MAX_CALLS = 100
MAX_NAME = 300  # characters of a call's name, or of its id
MAX_ARGUMENTS = 500_000  # characters of all calls' names, ids and arguments
MAX_REFUSAL = 64_000  # bytes of a refusal
REFUSAL_SECONDS = 10.0  # that a refusal may take to come


class Unbounded(Exception):
    """A server sends more than an answer can be."""
