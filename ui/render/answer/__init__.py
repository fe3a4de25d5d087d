"""A model's text -> HTML of ours, block by block."""
