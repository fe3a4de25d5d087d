"""`python -m backend.batch`: one prompt over a folder, without a page. Exit codes: 0 where all went right, 1 where an
item failed or differs from what was expected, 2 where it can't be done as asked, 130 after Ctrl-C.
"""

import datetime
import secrets
import sys
from contextlib import closing

from tqdm import tqdm

from backend.batch.arguments import PROGRAM, Arguments, read_arguments
from backend.batch.expected import Expected, read_expected, score
from backend.batch.files import Files
from backend.batch.journal import Journal
from backend.batch.runner import run
from backend.batch.tables import WRITERS
from backend.batch.values import Row, Task
from backend.chat.errors import EngineUnavailable, InputRefused, UserError
from backend.chat.settings import GenerationSettings
from backend.chat.system_prompts import fill
from backend.documents.reader import DocumentReader, documents
from backend.runtime.chosen import runtime_of
from backend.runtime.runtime import Runtime
from backend.storage.images import decoding

MAX_BYTES = 200_000_000  # of one file
WAIT_SECONDS = 0.5  # for the model at a time, so that Ctrl-C is heard
NO_ITEMS = "There's nothing in {} to ask about. Name a folder with images, documents or texts."
GO_ON = "Stopped. The same command goes on from here."
INTERRUPTED = 130


def main() -> int:
    """Runs it, and gives the exit code."""
    try:
        arguments = read_arguments()
        settings = _settings(arguments)
        expected = read_expected(arguments.expected) if arguments.expected else None
        runtime = runtime_of(arguments.config)
        try:
            while not runtime.wait(WAIT_SECONDS):
                pass
            return _run(arguments, settings, expected, runtime)
        finally:
            runtime.close()
    except KeyboardInterrupt:
        return _said(GO_ON, INTERRUPTED)
    except EngineUnavailable as error:
        return _said(f"{error} {GO_ON}", 1)
    except (UserError, OSError) as error:
        return _said(f"{PROGRAM}: {error}", 2)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        return _said(f"{PROGRAM}: running a model here needs torch. Install it, or choose a server with --server.", 2)


def _settings(arguments: Arguments) -> GenerationSettings:
    try:
        return GenerationSettings(
            temperature=arguments.temperature,
            max_tokens=arguments.config.max_new_tokens,
            seed=0,
            json_schema=arguments.schema,
        )
    except ValueError as error:
        raise InputRefused(str(error)) from error


def _run(arguments: Arguments, settings: GenerationSettings, expected: Expected | None, runtime: Runtime) -> int:
    """Goes on from what an earlier run left, and writes what there is however it ends."""
    info, config = runtime.model.info(), arguments.config
    prompt = info.system_prompt if arguments.system_prompt is None else arguments.system_prompt
    task = Task(arguments.prompt, prompt, settings)
    journal = Journal(arguments.journal, f"{info.name} {info.revision}", task)
    with closing(documents(MAX_BYTES)) as reading, closing(decoding(MAX_BYTES)) as decoders:
        files = Files(DocumentReader(reading.run, MAX_BYTES), decoders.run, MAX_BYTES)
        items = tuple(files.items(arguments.folder, arguments.own_files))
        if not items:
            raise InputRefused(NO_ITEMS.format(arguments.folder))
        rows = {item: row for item in items if (row := journal.find(item))}
        asked = Task(task.prompt, fill(prompt, info.name, datetime.date.today()), settings)
        parallel = config.batch_parallel if config.server or config.vllm else 1
        left = [item for item in items if item not in rows]
        try:
            with tqdm(total=len(items), initial=len(rows), unit=" items", dynamic_ncols=True) as progress:
                for row in run(runtime.engine, asked, left, files.open, parallel, secrets.token_hex(16)):
                    journal.add(row)
                    rows[row.item] = row
                    progress.update()
        finally:
            found = tuple(rows[item] for item in items if item in rows)
            for path in arguments.outputs:
                path.write_text(WRITERS[path.suffix.lower()](found, task.prompt, expected), "utf-8", newline="")
    return _summed_up(found, expected)


def _summed_up(rows: tuple[Row, ...], expected: Expected | None) -> int:
    failed = [row for row in rows if row.status != "done"]
    for row in failed:
        print(f"{row.item.label}: {row.error}", file=sys.stderr)
    print(f"{len(rows) - len(failed)} of {len(rows)} items answered.", file=sys.stderr)
    if expected is None:
        return 1 if failed else 0
    result = score(rows, expected)
    for row in rows:
        if differences := expected.differences(row):
            print(f"{row.item.label}: {', '.join(differences)} differs", file=sys.stderr)
    for name in result.missing:
        print(f"{name}: expected, and not there", file=sys.stderr)
    print(f"{result.right} of {result.expected} fields are as expected.", file=sys.stderr)
    return 0 if result.is_right and not failed else 1


def _said(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
