"""What `python -m backend.batch` is told on its command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backend.chat.errors import InputRefused
from backend.config import Config
from backend.options import configured, engine_parser

FORMATS = (".csv", ".jsonl", ".md")
PROGRAM = "python -m backend.batch"


@dataclass(frozen=True)
class Arguments:
    """`system_prompt` is None where the model's own is wanted; `outputs` are the files to be written; `own_files` those
    that are no items wherever they lie.
    """

    folder: Path
    prompt: str
    schema: str
    system_prompt: str | None
    expected: str
    outputs: tuple[Path, ...]
    journal: Path
    own_files: frozenset[Path]
    temperature: float
    config: Config


def read_arguments(argv: Sequence[str] | None = None) -> Arguments:
    """Exits with code 2 and one sentence where a value is wrong. Raises InputRefused where a file can't be read."""
    parser = engine_parser(PROGRAM, "Ask the same of every file in a folder: images, PDF pages, texts.")
    add = parser.add_argument
    add("folder", type=Path, metavar="FOLDER", help="files and sub-folders; what is hidden is passed over")
    add("--prompt", required=True, help="what is asked of each file")
    add("--schema", type=Path, metavar="FILE", help="JSON Schema that each answer follows")
    add("--system-prompt", help="else the model's own")
    add("--expected", type=Path, metavar="FILE", help="CSV with a column name and one for each field: what is right")
    add("--temperature", type=float, default=0.0, help="0: the likeliest answer, the same each time")
    add(
        "--out", type=Path, required=True, metavar="FILE",
        help="where results go: .csv, .jsonl or .md, or all three where the name has no ending; a second run goes on",
    )  # fmt: skip
    config, own = configured(parser, argv)
    outputs = _outputs(own["out"], parser)
    for folder in (own["folder"], own["out"].parent):  # the latter's lack would show after the first answer
        if not folder.is_dir():
            parser.error(f"there's no folder {folder}")
    journal = own["out"].with_name(f"{own['out'].name}.progress.jsonl")
    own_files = (*outputs, journal, *filter(None, (own["schema"], own["expected"])))
    return Arguments(
        own["folder"], own["prompt"], _read(own["schema"]), own["system_prompt"], _read(own["expected"]), outputs,
        journal, frozenset(path.resolve() for path in own_files), own["temperature"], config,
    )  # fmt: skip


def _outputs(out: Path, parser: argparse.ArgumentParser) -> tuple[Path, ...]:
    if out.suffix.lower() in FORMATS:
        return (out,)
    if out.suffix:
        parser.error(f"--out ends with {', '.join(FORMATS)} or without an ending, and not with {out.suffix}")
    return tuple(out.with_suffix(suffix) for suffix in FORMATS)


def _read(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputRefused(f"{path} can't be read as text in UTF-8.") from error
