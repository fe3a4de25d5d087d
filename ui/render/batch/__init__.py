"""A batch as HTML: the view, and its table row by row."""
