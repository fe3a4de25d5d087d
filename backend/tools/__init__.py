"""What tools are, how people declare them, how a call is run."""
