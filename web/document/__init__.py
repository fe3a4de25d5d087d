"""The document, and the files that it brings: how they look, how they are packed, and what a browser keeps."""
