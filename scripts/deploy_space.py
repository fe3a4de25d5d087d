"""Puts the app into a Space of the hub: `make space SPACE=owner/name`. Run again, it brings that Space up to date.

The files go through the hub's API, which keeps the binary ones as large files where a git push that holds them is
refused, and in one commit, since each starts a build.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils import disable_progress_bars

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from backend.demo.reading import DemoInvalid, read_demo

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("app.py", "backend", "web", "ui", "assets", "requirements.txt", "README.md", "LICENSE")
OURS, ANYBODYS = "backend/turn.py", {".gitattributes", "README.md"}  # a file of this app, and those of every new Space
NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
VARIABLE = re.compile(r"[A-Za-z_]\w*=.*", re.ASCII | re.DOTALL)
SECRET = re.compile(r"(?:TOKEN|KEY|SECRET|PASSWORD|AUTH)$", re.IGNORECASE)  # ends of names
TOKENS = "https://huggingface.co/settings/tokens"
NO_TOKEN = f"The hub wants a token that may write: run `.venv/bin/hf auth login`, or set HF_TOKEN ({TOKENS})."
UNREACHABLE = "The hub cannot be reached: look at the network and run this again."


class Refused(Exception):
    """Why the app cannot be put there, in one sentence for whoever runs this."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Exits with code 2 and one sentence where it cannot be done."""
    asked = _asked(arguments)
    if not sys.stderr.isatty():
        disable_progress_bars()
    try:
        files = _files(_demo(asked.variable))
        if asked.dry_run:
            print(*files, sep="\n")
            return
        _deploy(asked, files)
    except Refused as refused:
        sentence = str(refused)
    except HfHubHTTPError as error:
        sentence = _why(error, asked.space)
    except (httpx2.TransportError, OfflineModeIsEnabled):
        sentence = UNREACHABLE
    except RuntimeError as error:  # huggingface_hub's for a large file
        cause = error.__cause__
        sentence = _why(cause, asked.space) if isinstance(cause, HfHubHTTPError) else UNREACHABLE
    else:
        return
    print(f"deploy_space.py: {sentence}", file=sys.stderr)
    sys.exit(2)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Puts this app into a Space of the Hugging Face hub.")
    parser.add_argument("space", help="owner/name of the Space, which is made where there is none")
    parser.add_argument("--hardware", help="what it runs on, such as t4-small, a100-large or zero-a10g")
    parser.add_argument("--variable", action="append", default=[], help="NAME=VALUE, a variable of the Space")
    secret = "NAME or NAME=VARIABLE, a secret of the Space with the value of the variable NAME or VARIABLE here"
    parser.add_argument("--secret", action="append", default=[], help=secret)
    parser.add_argument("--private", action="store_true", help="only you see a Space that is made now")
    parser.add_argument("--dry-run", action="store_true", help="list the files that would be sent, and send nothing")
    parser.add_argument("--wait", type=float, default=1800, help="seconds to wait until it runs; 0: do not wait")
    parser.add_argument("--poll", type=float, default=5, help="seconds between questions to the hub whether it runs")
    return parser.parse_args(arguments)


def _demo(variables: Sequence[str]) -> str:
    """The demo's file, as the Space will name it, where it has one. Raises Refused where it cannot be had there."""
    name = next((each.partition("=")[2] for each in variables if each.startswith("MISTRAL_CHAT_DEMO=")), "")
    if not name:
        return ""
    path = (ROOT / name).resolve()
    if Path(name).is_absolute() or not path.is_relative_to(ROOT) or path.parent == ROOT:
        raise Refused(f"{name} must be named from the repository on, in a folder of its own there.")
    try:
        demo = read_demo(path, (), may_have_others=True)
    except DemoInvalid as error:
        raise Refused(str(error)) from error
    there = {ROOT / file for file in _files(name)}
    missing = [each for each in (str(path), *demo.pictures) if Path(each) not in there]
    if missing:
        raise Refused(f"{os.path.relpath(missing[0], ROOT)} would be missing: add it to git, in the folder of {name}.")
    return name


def _files(demo: str = "") -> list[str]:
    """What the app is made of and git knows, with the folder of its demo, as paths within the repository."""
    folders = [*NEEDED, *([str(Path(demo).parent)] if demo else [])]
    listed = subprocess.run(["git", "ls-files", "-z", *folders], cwd=ROOT, capture_output=True, text=True)
    files = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    if not files:
        raise Refused("This needs git and a clone of the repository, to tell the app's files from all others.")
    return files


def _deploy(asked: argparse.Namespace, files: Sequence[str]) -> None:
    space = asked.space
    if not NAME.fullmatch(space):
        raise Refused(f'"{space}" names no Space: write owner/name, such as SPACE=ada/mistral-chat.')
    variables, secrets = _pairs(asked.variable), dict(_secret(secret) for secret in asked.secret)
    if not get_token():
        raise Refused(NO_TOKEN)
    constants.HF_HUB_DISABLE_XET = True  # large files by plain requests, which proxies let through: they are small
    api = HfApi()
    api.create_repo(space, repo_type="space", space_sdk="gradio", exist_ok=True, private=asked.private or None)
    gone = _gone(space, set(api.list_repo_files(space, repo_type="space")), set(files))
    for name, value in variables:  # before the files, whose commit starts the first build
        api.add_space_variable(space, name, value)
    for name, value in secrets.items():
        api.add_space_secret(space, name, value)
    if asked.hardware:
        api.request_space_hardware(space, asked.hardware)
    added = [CommitOperationAdd(name, ROOT / name) for name in files]
    removed = [CommitOperationDelete(name) for name in gone]
    api.create_commit(space, [*removed, *added], commit_message="The app as it is now", repo_type="space")
    address = f"{api.endpoint}/spaces/{space}"
    print(f"{len(files)} files are in {address}", flush=True)
    if "hf" in (value for name, value in variables if name == "MISTRAL_CHAT_SERVER") and "HF_TOKEN" not in secrets:
        print(f"It asks the hub's model with a token: give it the secret HF_TOKEN at {address}/settings", flush=True)
    if asked.wait:
        _wait(api, asked, address)


def _pairs(variables: Sequence[str]) -> list[tuple[str, str]]:
    for variable in variables:
        if not VARIABLE.fullmatch(variable):
            raise Refused(f'"{variable}" is no variable: write NAME=VALUE.')
    pairs = [(name, value) for name, _, value in (variable.partition("=") for variable in variables)]
    for name, _ in pairs:
        if SECRET.search(name):
            raise Refused(f"Everybody can read a variable: give {name} with --secret, as it is set here.")
    return pairs


def _secret(asked: str) -> tuple[str, str]:
    """Its name there, and its value, which is no part of the command since that is kept in a shell's history.

    The two names may differ: what HF_TOKEN holds here is the token that puts the app there.
    """
    name, _, variable = asked.partition("=")
    if not (value := os.environ.get(variable or name)):  # which is not repeated, as it may be the secret itself
        what = f"The variable for the secret {name}" if variable else name
        raise Refused(f"{what} is not set here: name one that is, with --secret {name}=VARIABLE.")
    return name, value


def _gone(space: str, there: set[str], files: set[str]) -> list[str]:
    """What is in the Space and not in the app any more. Raises Refused for a Space of another app."""
    if there - ANYBODYS and OURS not in there:
        raise Refused(f"{space} holds another app, which would be lost: choose another name.")
    return sorted(there - files - {".gitattributes"})


def _wait(api: HfApi, asked: argparse.Namespace, address: str) -> None:
    """Until the Space runs. Raises Refused where it does not come to that."""
    print("Waiting until it is built and runs; the first time takes some minutes…", flush=True)
    time.sleep(asked.poll)  # the hub takes a moment to see the new files
    try:
        stage = api.wait_for_space(asked.space, timeout=asked.wait, poll_interval=asked.poll).stage
    except TimeoutError as error:
        raise Refused(f"It does not run yet; see {address}") from error
    if stage != "RUNNING":
        raise Refused(f"The Space does not run ({stage}); its log is at {address}?logs=build")
    print(f"It runs: {address}")


def _why(error: HfHubHTTPError, space: str) -> str:
    """The sentence for what the hub refused."""
    status = error.response.status_code
    if status == 401:
        return f"The hub does not take this token. {NO_TOKEN}"
    if status in (403, 404):
        return f"This token may not write to {space}: name a Space of yours, or take a token that may write ({TOKENS})."
    return f"The hub refused: {error.server_message or f'status {status}'}"


if __name__ == "__main__":
    main()
