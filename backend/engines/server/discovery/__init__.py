"""Which server, and what it is: its address, its kind, the models that it serves, and whether it is there."""
