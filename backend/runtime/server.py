"""A model behind a server. Imports no torch."""

from backend.config import Config
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.runtime.runtime import Runtime

SERVED = (
    "This model runs on a server of its own. It reads text and pictures, calls tools, and answers in many languages."
)


def server(config: Config) -> Runtime:
    """A model behind a server. Imports no torch."""
    from backend.engines.replicas import Replicas
    from backend.engines.server.engine import ServerEngine
    from backend.engines.server.token_count import TokenServer
    from backend.runtime.server_tokenizer import ServedTokenizer

    addresses = [address for address in map(str.strip, config.server.split(",")) if address]
    is_one = len(addresses) == 1
    named = (config.server_key, config.server_model, config.server_timeout, is_one)
    engines = [ServerEngine(address, *named) for address in addresses]
    engine = engines[0] if is_one else Replicas(engines)
    name = engine.model.rpartition("/")[2]
    counting = TokenServer(addresses[0], config.server_key, config.server_proxy)
    tokens = ServedTokenizer(counting, lambda: engine.model, config.tokenizer)
    model = ModelCapabilities(
        lambda: ModelInfo(name, SERVED, "", tokens.system_prompt), config.max_new_tokens, tokens.counter, tokens.inspect
    )
    return Runtime(engine, model, tokens.start)
