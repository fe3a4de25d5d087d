"""One prompt over many files: what is asked, what each came to, and how all of it is told. Knows no page."""
