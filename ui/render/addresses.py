"""Where the page finds the app's files: addresses that the browser completes with the one that it has the page from."""

from urllib.parse import quote

from backend.chat.parts import Image


def picture_address(image: Image) -> str:
    """Of a stored picture. It needs no escaping in HTML or Markdown, and holds under any host and path."""
    return file_address(image.path)


def file_address(path: str) -> str:
    """The same of a file that pages may have, by its path."""
    return "gradio_api/file=" + quote(path)
