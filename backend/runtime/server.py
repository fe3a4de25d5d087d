"""A model behind a server. Imports no torch."""

from backend.chat.system_prompts import DEFAULT_PROMPT
from backend.config import Config
from backend.runtime.model_info import ModelCapabilities, ModelInfo
from backend.runtime.runtime import Runtime

SERVED = (
    "This model runs on a server of its own. It reads text and pictures, calls tools, and answers in many languages."
)


def server(config: Config) -> Runtime:
    """A model behind a server. Imports no torch."""
    from backend.engines.server.engine import ServerEngine

    engine = ServerEngine(config.server, config.server_key, config.server_model, timeout=config.server_timeout)
    name = engine.model.rpartition("/")[2]
    info = ModelInfo(name, SERVED, "", DEFAULT_PROMPT)
    return Runtime(engine, ModelCapabilities(lambda: info, config.max_new_tokens), lambda: None)
