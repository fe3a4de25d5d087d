"""The view of a batch without its rows: files, what is asked, what it came to. The page's script fills it. Pure."""

from ui.render.icons import icon
from ui.texts import texts

SAID = texts.batch
FORMATS = (("csv", "CSV"), ("jsonl", "JSON Lines"), ("md", "Markdown"))


def render_view(most: int, max_upload_mb: int) -> str:
    """HTML of the whole view. `most` items can be in it; the page refuses files over `max_upload_mb` itself."""
    return f"""<header><h2 tabindex="-1">{SAID.title}</h2><span id="batch-state" role="status"></span><i></i>
<button type="button" data-batch="close" aria-label="{SAID.close}" title="{SAID.close}">{icon("close")}</button>
</header>
<div id="batch-body" data-most="{most}" data-most-mb="{max_upload_mb}">
<section class="setup">
<div class="files" id="batch-drop"><p>{SAID.drop.format(most=f"{most:,}")}</p>
{_button("files", SAID.files)}{_button("folder", SAID.folder, "wide")}<p id="batch-coming" role="status"></p></div>
<label for="batch-prompt">{SAID.prompt}</label>
<textarea id="batch-prompt" rows="3" placeholder="{SAID.placeholder}"></textarea>
<p class="hint">{SAID.settings} <button type="button" class="link" data-act="settings">{SAID.open_settings}</button></p>
<ul id="batch-notices" role="alert"></ul>
<div class="row">
<button type="button" class="primary" data-batch="start">{SAID.start}</button>
<button type="button" class="primary" data-batch="resume">{SAID.resume}</button>
{_button("pause", SAID.pause)}{_button("stop", SAID.stop)}{_button("retry-failed", SAID.retry_failed)}
{_button("clear", SAID.clear)}</div>
</section>
<progress id="batch-progress" aria-label="{SAID.progress}" value="0" max="1"></progress>
<div class="table" tabindex="0" role="region" aria-label="{SAID.results}">
<table><thead></thead><tbody></tbody></table></div>
<section class="results">
<p id="batch-score" role="status"></p>
<div class="row"><span>{SAID.save}</span>
{"".join(_button("results", name, "", f'data-format="{format}"') for format, name in FORMATS)}</div>
<details><summary>{SAID.compare}</summary><p class="hint">{SAID.about_expected}</p>
<textarea id="batch-expected" rows="4" aria-label="{SAID.compare}" placeholder="{SAID.expected_csv}"></textarea>
<div class="row">{_button("expect", SAID.check)}{_button("expect-file", SAID.choose_csv)}</div></details>
</section></div>"""


def _button(does: str, text: str, kind: str = "", more: str = "") -> str:
    return f'<button type="button" class="{kind}" data-batch="{does}" {more}>{text}</button>'
