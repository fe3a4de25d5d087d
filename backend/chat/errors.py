"""The errors that a person is told of. The text of each is a sentence for them, or two: what is
wrong, and what to do where no button beside it says so.

A library's error is translated where the library is called; whatever is none of these is a fault of ours, which is
logged and told as such.
"""

import traceback

PICTURE_GONE = "An image in this chat is gone. Undo the turn it came with, or start a new chat."
GONE = "That message no longer exists."
FAULT = "Something went wrong. Try again, or check the app's log."


class UserError(Exception):
    """What was asked for cannot be done."""


class InputRefused(UserError):
    """What was typed or chosen makes no request."""


class ImageRefused(UserError):
    """A picture cannot be taken: which file, why, and what to do."""


class ImageWaits(ImageRefused):
    """A picture may well be taken at another time."""


class DocumentRefused(UserError):
    """A document, or a page of it, cannot be read: which file, why, and what to do."""


class DocumentWaits(DocumentRefused):
    """A document may well be read at another time."""


class FetchRefused(UserError):
    """A URL is not fetched, or did not answer."""


class ConversationInvalid(UserError):
    """A file holds no conversation that can be read."""


class NotSaved(UserError):
    """Where conversations are kept nothing can be written or read."""


class Deleted(NotSaved):
    """A conversation was deleted, so nothing more of it is kept."""


class ToolsInvalid(UserError):
    """Tools' schemas cannot be used: which tool, which field, why."""


class ServersInvalid(UserError):
    """What names MCP servers cannot be used: which server, which field, why."""


class ModelUnusable(UserError):
    """A model cannot be had or run: which, and what helps."""


class EngineError(UserError):
    """Something went wrong in asking a model."""


class EngineUnavailable(EngineError):
    """No answer can be had at present: the model is not loaded, or the server is down."""


class ServerDown(EngineUnavailable):
    """A server has not begun with an answer and will not, so that another may be asked."""


class RequestRejected(EngineError):
    """This request cannot be answered as it is: too long, or not allowed by the protocol."""


class GenerationFailed(EngineError):
    """The answer broke off."""


class ContextFull(EngineError):
    """The model can read no more than it was sent, or has written: what helps is to send less."""


class RequestTooLong(RequestRejected, ContextFull):
    """There is no room for an answer to this request."""


class AnswerTooLong(GenerationFailed, ContextFull):
    """There is no room for the rest of the answer."""


def trace(error: BaseException) -> str:
    """An error's type and where it came from, for a log. Its own words may be a visitor's, and are left out."""
    remote: str = getattr(error, "remote_trace", "")  # within a sandbox's process
    return "".join([*traceback.format_tb(error.__traceback__), remote, type(error).__name__])
