"""Which models there are, what each needs, and fetching one."""
