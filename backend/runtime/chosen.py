"""What answers, as the configuration has it. Each kind is imported only where it is asked for: libraries are heavy."""

from backend.config import Config
from backend.runtime.runtime import Runtime


def runtime_of(config: Config) -> Runtime:
    """A model in this process, or a server. Raises ModelUnusable where it cannot be had as asked."""
    if config.vllm:
        from backend.runtime.vllm import vllm

        return vllm(config)
    if config.server:
        from backend.runtime.server import server

        return server(config)
    from backend.runtime.local import local

    return local(config)
