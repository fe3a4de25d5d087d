"""One prompt over many files, on the page: what a page's batch is, how it runs, what a person does with it."""
