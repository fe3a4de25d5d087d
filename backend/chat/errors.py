"""The errors that a person is told of: the text of each is one sentence for them. Imports nothing of ours."""


class EngineError(Exception):
    """Something went wrong in asking a model. Its text is one sentence for the person who asked."""


class EngineUnavailable(EngineError):
    """No answer can be had at present: the model is not loaded, or the server is down."""


class RequestRejected(EngineError):
    """This request cannot be answered as it is: too long, or not allowed by the protocol."""


class GenerationFailed(EngineError):
    """The answer broke off."""
