"""Work that a visitor may make endless or huge, in processes that end at their limits."""
