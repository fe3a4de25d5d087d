"""The options, from the command line and from MISTRAL_CHAT_* variables, and only here."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from backend.config import Config
from backend.option_groups import (
    add_address_options,
    add_door_options,
    add_model_options,
    add_page_options,
    add_server_options,
)
from backend.option_values import flag

PREFIX = "MISTRAL_CHAT_"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the usage, and exits with code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{Path(self.prog).name}: {message}. See --help.\n")


def read_config(argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration: an option on the command line, else its environment variable, else the default.

    Exits with code 2 and one sentence where a value is wrong.
    """
    return configured(_parser(), argv, environ)[0]


def engine_parser(program: str, description: str) -> argparse.ArgumentParser:
    """A parser of what says which model answers, for a program beside the app, to which its own options are added."""
    parser = _Parser(prog=program, description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    add_model_options(parser.add_argument, Config())
    add_server_options(parser.add_argument, Config())
    return parser


def configured(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ
) -> tuple[Config, dict[str, Any]]:
    """What the parser reads: the configuration, and the values of the options that are not of it, by their names.

    Exits with code 2 and one sentence where a value is wrong.
    """
    values = {}
    for action in parser._actions:  # argparse offers no other way to ask it for its options
        if action.dest in Config.__dataclass_fields__:
            for variable in (PREFIX + action.dest.upper(), _GRADIO.get(action.dest, "")):
                if text := environ.get(variable):
                    values[action.dest] = _from_text(parser, action, variable, text)
                    break
    words = list(sys.argv[1:] if argv is None else argv)
    end = words.index("--") if "--" in words else len(words)
    # Given as a namespace and not as defaults, which --help would print, the password with them.
    options, rest = parser.parse_known_args(words[:end], argparse.Namespace(**values))
    if rest:
        unknown = next((word.partition("=")[0] for word in rest if word.startswith("-")), None)
        parser.error(f"unknown option {unknown}" if unknown else "a value has no option; quote values with spaces")
    own = {name: value for name, value in vars(options).items() if name in Config.__dataclass_fields__}
    config = Config(**own, vllm_options=tuple(words[end + 1 :]))
    if complaint := _complaint(config):
        parser.error(complaint)
    return config, {name: value for name, value in vars(options).items() if name not in own}


def _complaint(config: Config) -> str:
    """Which options don't go together, or nothing."""
    if config.history and not (config.is_personal or config.auth):
        return "--history is for one person: where others can reach the app, it needs --auth USER:PASSWORD"
    if config.api and config.lets_others_in and not config.api_key_env:
        return "--api without a key is for this machine: where others can reach the app, it needs --api-key-env NAME"
    if config.vllm_options and not config.vllm:
        return "what follows -- is for vLLM: it needs --vllm"
    if config.vllm and config.server:
        return "--vllm starts its own server: leave out --server"
    if config.dtype != "auto" and (config.server or config.zero_gpu or config.quantize not in ("", "bf16")):
        return "--dtype is for whole weights in this process: leave it out with --quantize, --server and ZeroGPU"
    return ""


# A Space sets these for Gradio; they count where ours are not set.
_GRADIO = {
    "host": "GRADIO_SERVER_NAME",
    "port": "GRADIO_SERVER_PORT",
    "share": "GRADIO_SHARE",
    "root_path": "GRADIO_ROOT_PATH",
}


def _from_text(parser: argparse.ArgumentParser, action: argparse.Action, variable: str, text: str) -> object:
    kind = flag if action.const is True else action.type or str
    assert callable(kind)
    try:
        value: object = kind(text)
        if action.choices is not None and value not in action.choices:
            raise ValueError(f"{text!r} isn't one of {', '.join(map(repr, action.choices))}")
        return value
    except (ValueError, argparse.ArgumentTypeError) as error:
        parser.error(f"{variable}: {error}")


def _parser() -> argparse.ArgumentParser:
    default = Config()
    parser = _Parser(
        prog="app.py",
        description="Chat with Mistral Small 3.2 and its siblings in a browser.",
        epilog=f"Each option has an environment variable: {PREFIX} and its name, such as {PREFIX}MAX_NEW_TOKENS.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument(
        "--plan", action="store_true", help="print what each model needs and what this machine has, and end"
    )
    add_model_options(parser.add_argument, default)
    add_server_options(parser.add_argument, default)
    add_address_options(parser.add_argument, default)
    add_page_options(parser.add_argument, default)
    add_door_options(parser.add_argument, default)
    return parser
