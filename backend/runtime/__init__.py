"""What answers, put together from the options: a model here, on ZeroGPU, or behind a server."""
