"""Values -> HTML and Markdown. Pure."""
