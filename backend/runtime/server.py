"""A model behind a server. Imports no torch."""

from backend.config import Config
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.runtime.runtime import Runtime

SERVED = (
    "This model runs on a server of its own. It reads text and pictures, calls tools, and answers in many languages."
)


def server(config: Config) -> Runtime:
    """A model behind a server. Imports no torch."""
    from backend.engines.server.engine import ServerEngine
    from backend.engines.server.token_count import TokenServer
    from backend.runtime.server_tokenizer import ServedTokenizer

    engine = ServerEngine(config.server, config.server_key, config.server_model, timeout=config.server_timeout)
    name = engine.model.rpartition("/")[2]
    counting = TokenServer(config.server, config.server_key, config.server_proxy)
    tokens = ServedTokenizer(counting, lambda: engine.model, config.tokenizer)
    model = ModelCapabilities(
        lambda: ModelInfo(name, SERVED, "", tokens.system_prompt), config.max_new_tokens, tokens.counter, tokens.inspect
    )
    return Runtime(engine, model, tokens.start)
