"""The sidebar's values become a request and its toolbox, and come back as they were kept."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import date
from typing import Any

import gradio as gr
import pytest

from backend.chat.errors import InputRefused
from backend.chat.messages import ToolCall
from backend.chat.settings import GenerationSettings
from backend.demo.terms import Terms
from backend.runtime.model_info import ModelInfo
from backend.storage.document import Document, ToolPanel
from backend.tools.ask import ASK_PERSON
from backend.tools.builtin import BUILTIN_TOOLS
from ui.components.sidebar import Panel, panel
from ui.components.tools_dialog import tools_dialog
from ui.requests.builder import REFUSED_RUN, PendingTurn, RequestBuilder
from ui.requests.presenter import PanelPresenter
from ui.requests.values import NUMBERS, PanelValues, replies_of
from ui.texts import texts
from ui.values import Updates, Values

DAY = date(2026, 11, 24)
LONGEST = 2048


def demo() -> ModelInfo:
    return ModelInfo("Mistral Demo", "", "", "")


OWN = json.dumps([{"name": name, "parameters": {"type": "object"}} for name in ("weather", "mail")])
SUM = ToolCall("aaaaaaaaa", "my_calculator", '{"expression": "2+2"}')
RAIN = ToolCall("bbbbbbbbb", "weather", "{}")


@pytest.fixture(scope="module")
def fields() -> Panel:
    """The real panel."""

    async def build() -> Panel:  # inside a loop, since Gradio would otherwise make some and never close them
        with gr.Blocks():
            return panel(
                "You are {name}.",
                Terms(max_new_tokens=LONGEST),
                {tool.name: "" for tool in BUILTIN_TOOLS},
                tools_dialog(),
            )[0]

    return asyncio.run(build())


@pytest.fixture(scope="module")
def presenter(fields: Panel) -> PanelPresenter:
    return presented(fields, LONGEST)


def presented(fields: Panel, longest: int) -> PanelPresenter:
    async def build() -> tuple[gr.Checkbox, gr.Textbox]:
        return gr.Checkbox(), gr.Textbox()

    return PanelPresenter(fields, *asyncio.run(build()), RequestBuilder(BUILTIN_TOOLS, demo, longest))


def asked(presenter: PanelPresenter, shown: Values) -> PendingTurn:
    """What an answer is asked with where the page holds these values."""
    return presenter.builder.pending(presenter.read(shown), DAY)


def values(fields: Panel, **given: Any) -> Values:
    """The values of the page as it opens, but for those given by name."""
    shown = {component: component.value for component in fields.inputs}  # type: ignore[attr-defined]
    return shown | {getattr(fields, name): value for name, value in given.items()}


def merged(shown: Values, updates: Updates) -> Values:
    """The page's values after an update."""
    plain = {c: u.get("value", shown[c]) if isinstance(u, dict) and "__type__" in u else u for c, u in updates.items()}
    return shown | plain


def test_the_page_as_it_opens_asks_with_the_defaults(presenter: PanelPresenter, fields: Panel) -> None:
    turn = asked(presenter, values(fields))
    request = turn.request
    toolbox = turn.toolbox
    assert request.system_prompt == "You are Mistral Demo."
    assert replace(request.settings, seed=None) == GenerationSettings()
    assert request.seed_drawn
    assert (request.messages, request.tools, toolbox.specs) == ((), (), ())
    assert (request.tool_choice, request.keep, request.continues) == ("auto", "all", False)


def test_a_tool_of_the_owners_is_shown_with_what_it_is_for() -> None:
    async def build() -> Any:
        with gr.Blocks():
            about = {"my_calculator": "For the model.", "stock": "How many there are.\n\nOf each fruit."}
            return panel("", Terms(), about, tools_dialog())[0].builtin_tools

    shown = [label for label, _ in asyncio.run(build()).choices]
    assert shown == [f"{texts.panel.calculator}\n{texts.panel.about_calculator}", "stock\nHow many there are."]


def test_every_field_reaches_the_request(presenter: PanelPresenter, fields: Panel) -> None:
    given: dict[str, Any] = {
        "temperature": 0.7, "top_p": 0.9, "max_tokens": 77, "seed": 5, "top_k": 40, "min_p": 0.1,
        "repetition_penalty": 1.1,
    }  # fmt: skip
    texts = {"stop": "END\n\n ;", "keep": "last turn", "system_prompt": "{today} {other}"}
    request = asked(presenter, values(fields, **given, **texts)).request
    assert request.settings == GenerationSettings(**given, stop=("END", " ;"))
    assert not request.seed_drawn
    assert (request.system_prompt, request.keep) == ("2026-11-24 {other}", "last turn")


def test_emptied_fields_count_as_their_defaults(presenter: PanelPresenter, fields: Panel) -> None:
    emptied = values(fields, **dict.fromkeys((*NUMBERS, "stop", "system_prompt", "tool_schemas", "tool_choice")))
    turn = asked(presenter, emptied)
    request = turn.request
    assert replace(request.settings, seed=None) == GenerationSettings()
    assert (request.system_prompt, request.tools, request.tool_choice) == ("", (), "auto")


THINKER = ModelInfo("Thinker", "", "", "", thinks=True, efforts=("none", "high"))


def of(fields: Panel, model: ModelInfo, longest: int) -> PanelPresenter:
    """The panel with this model."""
    return replace(presented(fields, longest), builder=RequestBuilder(BUILTIN_TOOLS, lambda: model, longest))


def test_a_model_that_thinks_is_asked_as_its_card_advises(fields: Panel) -> None:
    thinker = of(fields, THINKER, 4096)
    request = asked(thinker, values(fields, **dict.fromkeys(NUMBERS))).request
    assert replace(request.settings, seed=None) == GenerationSettings(temperature=0.7, top_p=0.95, max_tokens=4096)
    put_back = thinker.reset()
    assert (put_back[fields.temperature], put_back[fields.top_p], put_back[fields.send_thoughts]) == (0.7, 0.95, True)


@pytest.mark.parametrize(("model", "effort"), [(THINKER, "high"), (demo(), "")])
def test_thoughts_are_sent_and_effort_asked_for_where_the_panel_says_so(
    fields: Panel, model: ModelInfo, effort: str
) -> None:
    shown = of(fields, model, 64)
    request = asked(shown, values(fields, max_tokens=64, send_thoughts=True, effort="high")).request
    assert (request.send_thoughts, request.reasoning_effort) == (True, effort)
    assert not asked(shown, values(fields, max_tokens=64, send_thoughts=False)).request.send_thoughts


def test_an_emptied_length_counts_as_its_default_where_answers_must_be_short(fields: Panel) -> None:
    short = presented(fields, 64)
    assert short.read(values(fields, max_tokens=None)).settings(64).max_tokens == 64


def test_a_seed_is_drawn_where_none_was_given_and_kept_where_one_was(presenter: PanelPresenter, fields: Panel) -> None:
    drawn = {asked(presenter, values(fields)).request.settings.seed for _ in range(5)}
    assert None not in drawn
    assert len(drawn) > 1
    for text, seed in ((0, 0), ("0", 0), (" 11 ", 11), ("12.0", 12), ("4294967295", 2**32 - 1)):
        assert asked(presenter, values(fields, seed=text)).request.settings.seed == seed


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_an_empty_seed_stays_empty(presenter: PanelPresenter, fields: Panel, empty: str | None) -> None:
    assert presenter.read(values(fields, seed=empty)).settings(LONGEST).seed is None
    assert presenter.comments(values(fields, seed=empty)) == ("", "", "", "")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"temperature": 2.5}, "Temperature must be between 0.0 and 2.0, not 2.5."),
        ({"seed": "eleven"}, "Seed must be a whole number, or empty."),
        ({"seed": "nan"}, "Seed must be a whole number, or empty."),
        ({"seed": "7.5"}, "Seed must be a whole number, not 7.5."),
        ({"seed": "-1"}, "Seed must be between 0 and 4294967295, not -1."),
        ({"seed": -1}, "Seed must be between 0 and 4294967295, not -1."),
        ({"top_p": "a lot"}, "Settings must be numbers."),
        ({"max_tokens": LONGEST + 1}, f"Max response length can be at most {LONGEST} tokens here."),
        ({"stop": "x" * 201}, "There can be 8 stop sequences of at most 200 characters each."),
        ({"stop": "\n".join("abcdefghi")}, "There can be 8 stop sequences of at most 200 characters each."),
        ({"tool_schemas": "{"}, "Custom tools have an error: This is not valid JSON"),
        (
            {"tool_schemas": '{"name": "current_time"}', "builtin_tools": ["current_time"]},
            "Custom tools have an error: Tool 1",
        ),
        ({"tool_choice": "required"}, "Tool use is set to Required, but no tool is on."),
        ({"tool_choice": "weather"}, "Tool use is set to Always weather, but that tool is off."),
        (
            {"tool_choice": "my_calculator", "tool_schemas": OWN},
            "Tool use is set to Always Calculator, but that tool is off.",
        ),
    ],
)
def test_values_that_make_no_request_are_refused_with_a_sentence(
    given: dict[str, Any], sentence: str, presenter: PanelPresenter, fields: Panel
) -> None:
    with pytest.raises(InputRefused) as refusal:
        asked(presenter, values(fields, **given))
    assert str(refusal.value).startswith(sentence)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("name", ["top_k", "max_tokens", "seed"])
def test_half_a_token_is_refused(name: str, presenter: PanelPresenter, fields: Panel) -> None:
    with pytest.raises(InputRefused):
        asked(presenter, values(fields, **{name: 2.5}))


@pytest.mark.parametrize(
    ("choice", "offered", "sent"),
    [("auto", 3, "auto"), ("none", 0, "auto"), ("required", 3, "required"), ("mail", 3, "mail")],
)
def test_the_choice_says_which_tools_are_offered(
    choice: str, offered: int, sent: str, presenter: PanelPresenter, fields: Panel
) -> None:
    on = values(fields, builtin_tools=["my_calculator", "unknown"], tool_schemas=OWN, tool_choice=choice)
    turn = asked(presenter, on)
    request = turn.request
    toolbox = turn.toolbox
    assert (len(request.tools), request.tool_choice) == (offered, sent)
    assert [spec.name for spec in toolbox.specs] == ["my_calculator", "weather", "mail"]


@pytest.mark.parametrize(
    ("approval", "sum_waits", "rain_waits"), [("at once", False, True), ("ask", True, True), ("never", False, False)]
)
def test_approval_says_which_calls_wait_for_a_person(
    approval: str, sum_waits: bool, rain_waits: bool, presenter: PanelPresenter, fields: Panel
) -> None:
    on = values(fields, builtin_tools=["my_calculator"], tool_schemas=OWN, approval=approval)
    turn = asked(presenter, on)
    toolbox = turn.toolbox
    assert (toolbox.is_declared(SUM), toolbox.is_declared(RAIN)) == (sum_waits, rain_waits)
    if approval == "at once":
        assert toolbox.run(SUM).output == "4"
    if approval == "never":
        assert {toolbox.run(call).output for call in (SUM, RAIN)} == {f"Error: {REFUSED_RUN}."}


def test_a_question_of_the_models_is_the_persons_whatever_may_run() -> None:
    asking = RequestBuilder((ASK_PERSON,), demo, LONGEST)
    question = ToolCall("ccccccccc", "ask_person", '{"question": "Why?"}')
    for approval in ("at once", "ask", "never"):
        on = PanelValues(tools=ToolPanel(("ask_person",), approval=approval))
        assert asking.pending(on, DAY).toolbox.is_declared(question)


def test_a_tool_that_its_owner_has_asked_about_waits_although_the_panel_says_at_once() -> None:
    asked_about = RequestBuilder((replace(BUILTIN_TOOLS[0], approve="ask"), BUILTIN_TOOLS[1]), demo, LONGEST)
    time = ToolCall("ccccccccc", "current_time", "{}")
    on = PanelValues(tools=ToolPanel(("my_calculator", "current_time", "forged")))
    toolbox = asked_about.pending(on, DAY).toolbox
    assert (toolbox.is_declared(SUM), toolbox.is_declared(time)) == (True, False)
    allowed = asked_about.pending(on, DAY, frozenset({"my_calculator"})).toolbox
    assert allowed.run(SUM).output == "4"


def test_a_fixed_reply_answers_in_a_persons_place_unless_they_want_to_be_asked(
    presenter: PanelPresenter, fields: Panel
) -> None:
    fixed = {"tool_schemas": OWN, "replies": '{"weather": "Rain.", "mail": ""}'}
    turn = asked(presenter, values(fields, **fixed))
    toolbox = turn.toolbox
    assert not toolbox.is_declared(RAIN)
    assert (toolbox.run(RAIN).output, toolbox.run(RAIN).canned) == ("Rain.", True)
    assert toolbox.is_declared(ToolCall("ccccccccc", "mail", "{}"))
    waiting = asked(presenter, values(fields, **fixed, approval="ask")).toolbox
    assert waiting.is_declared(RAIN)


def test_what_is_kept_with_a_conversation_is_shown_again(presenter: PanelPresenter, fields: Panel) -> None:
    before = values(
        fields, system_prompt="Be {today}.", temperature=0.7, top_p=0.9, max_tokens=77, seed=5, top_k=40, min_p=0.1,
        repetition_penalty=1.1, stop="END\n;", keep="last turn", builtin_tools=["my_calculator"], tool_schemas=OWN,
        tool_choice="weather", approval="ask", replies='{"weather": "Rain."}',
    )  # fmt: skip
    kept = Document(**presenter.builder.document_fields(presenter.read(before)))
    after = merged(values(fields), presenter.filled(kept.prompt, kept.settings, kept.tools, kept.keep))
    assert after == before


def test_a_conversation_from_elsewhere_is_shown_as_far_as_it_fits_here(
    presenter: PanelPresenter, fields: Panel
) -> None:
    kept = Document(settings=GenerationSettings(max_tokens=100_000))
    tools = replace(kept.tools, builtin=("my_calculator", "web_search"), choice="gone")
    opened = values(fields)
    after = merged(opened, presenter.filled(None, kept.settings, tools, kept.keep))
    assert after[fields.max_tokens] == LONGEST
    assert after[fields.builtin_tools] == ["my_calculator"]
    assert after[fields.tool_choice] == "auto"
    assert after[fields.system_prompt] == opened[fields.system_prompt]


def test_settings_that_are_wrong_do_not_keep_a_conversation_from_being_kept(
    presenter: PanelPresenter, fields: Panel
) -> None:
    assert (
        presenter.builder.document_fields(presenter.read(values(fields, temperature=9, system_prompt="Q")))["settings"]
        == GenerationSettings()
    )


def test_only_modified_settings_are_named(presenter: PanelPresenter, fields: Panel) -> None:
    def modified(**given: Any) -> str:
        return presenter.comments(values(fields, **given))[0]

    assert modified() == ""
    assert modified(temperature=0.7, top_k=40).startswith("<p>Modified: temperature 0.7, top-k 40 <button")
    assert "max response length 7, seed 11, context to send last message only" in modified(
        max_tokens=7, seed=" 11 ", keep="last turn"
    )
    assert "Modified: structured output on <" in modified(json_schema='{"type": "object"}')
    assert "“&lt;b&gt;”" in modified(stop="<b>")


def test_what_is_wrong_stands_at_its_field_and_the_others_stay_quiet(presenter: PanelPresenter, fields: Panel) -> None:
    comments = presenter.comments(values(fields, seed="eleven", stop="x" * 201, json_schema="["))
    assert [re.sub("<.*?>", "", told) for told in comments[1:]] == [
        "Seed must be a whole number, or empty.",
        "There can be 8 stop sequences of at most 200 characters each.",
        "Line 1: the JSON ends too early; a bracket or a quote isn&#x27;t closed.",
    ]
    assert presenter.comments(values(fields, seed="eleven"))[2:] == ("", "")
    assert 'class="warning">Temperature must be' in presenter.comments(values(fields, temperature=9))[0]


def test_resetting_leaves_nothing_modified(presenter: PanelPresenter, fields: Panel) -> None:
    before = values(fields, temperature=0.7, max_tokens=7, seed=5, stop="END", keep="last turn")
    assert presenter.comments(merged(before, presenter.reset()))[0] == ""
    short = presented(fields, 64)
    assert short.comments(merged(before, short.reset()))[0] == ""


@pytest.mark.parametrize(
    ("choice", "kept"),
    [("auto", "auto"), ("none", "none"), ("required", "required"), ("mail", "mail"), ("gone", "auto")],
)
def test_every_tool_that_is_on_can_be_chosen_and_none_that_is_off(
    choice: str, kept: str, presenter: PanelPresenter
) -> None:
    update = presenter.choices(OWN, ["my_calculator"], choice)
    offered = [value for _, value in update["choices"]]
    assert offered == ["auto", "none", "required", "my_calculator", "weather", "mail"]
    assert update["value"] == kept


def test_a_broken_editor_leaves_the_built_in_tools_to_choose_from(presenter: PanelPresenter) -> None:
    assert [value for _, value in presenter.choices("{", ["my_calculator"], "auto")["choices"]][3:] == ["my_calculator"]


def test_the_prompt_is_shown_as_the_model_reads_it_and_unknown_variables_are_named(presenter: PanelPresenter) -> None:
    assert presenter.prompt_note("Be brief.", "", DAY) == ""
    note = presenter.prompt_note("<b>{today}</b> {who}", "", DAY)
    assert "<pre>&lt;b&gt;2026-11-24&lt;/b&gt; {who}</pre>" in note
    assert "Unknown variable {who}. You can use {name}, {today}, {yesterday}.</p>" in note
    assert "Unknown variables {a}, {b}." in presenter.prompt_note("{a} {b}", "", DAY)


def test_a_prompt_that_a_template_replaced_can_be_had_back(presenter: PanelPresenter) -> None:
    assert 'value="undo"' in presenter.prompt_note("Be brief.", "My own words", DAY)


def test_the_editor_says_what_it_holds_or_what_is_wrong(presenter: PanelPresenter) -> None:
    assert presenter.tool_note("", []) == ""
    assert "✓ 2 custom tools: weather, mail" in presenter.tool_note(OWN, [])
    assert "✓ 1 custom tool: weather" in presenter.tool_note(json.dumps(json.loads(OWN)[0]), [])
    wrong = presenter.tool_note('{"name": "<>"}', [])
    assert wrong.startswith('<p class="warning">Custom tools have an error: ')
    assert "there is another tool called mail" in presenter.tool_note(OWN, ["mail"])


def test_a_tool_that_cannot_be_used_is_told_and_the_others_are_on(presenter: PanelPresenter) -> None:
    bad = [{"name": f"bad{number}", "parameters": {"type": "objekt"}} for number in range(9)]
    pasted = json.dumps({"tools": [*json.loads(OWN), *bad, {"name": "a.b"}]})
    note = presenter.tool_note(pasted, [])
    assert "✓ 3 custom tools: weather, mail, a_b" in note
    assert note.count('<p class="warning">Left out: bad') == 5
    assert "… and 4 more." in note
    assert "“a.b” is called a_b here." in note
    tools = presenter.builder.tools(ToolPanel(schemas=pasted))
    assert [tool.name for tool in tools] == ["weather", "mail", "a_b"]


@pytest.mark.parametrize(
    ("choice", "schemas", "chosen", "wrong"),
    [
        ("required", "", [], True), ("required", "{", [], True), ("required", OWN, [], False), ("auto", "", [], False),
        ("none", "", [], False), ("mail", OWN, [], False), ("mail", "", ["my_calculator"], True),
        (None, "", None, False),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_required_is_told_where_it_is_chosen_with_what_helps(
    choice: Any, schemas: str, chosen: Any, wrong: bool, presenter: PanelPresenter
) -> None:
    note = presenter.choice_note(schemas, chosen, choice)
    assert (note != "") == wrong
    assert ("Turn on a tool</button>" in note and 'value="auto">Set to Auto</button>' in note) == wrong


@pytest.mark.parametrize("text", [r'{"look": "\ud83d"}', r'{"\ud83d": "4"}', "[", "7", "[" * 100_000])
def test_replies_that_could_not_be_sent_back_are_none(text: str) -> None:
    assert replies_of(text) == {}


def test_a_schema_that_no_grammar_holds_can_be_used_and_says_so(presenter: PanelPresenter, fields: Panel) -> None:
    note = presenter.comments(values(fields, json_schema='{"type": "array", "uniqueItems": true}'))[3]
    assert "warning" not in note
    assert "“uniqueItems” can&#x27;t be enforced" in note
