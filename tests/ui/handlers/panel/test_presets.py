"""Templates of system prompts: choosing one loses no prompt, and one's own are kept by names of their own."""

import re

import gradio as gr
import pytest

from backend.chat.system_prompts import PRESETS
from ui.components.sidebar import MODELS_OWN, OWN
from ui.handlers.panel.presets import MAX_OWN, Templates

chosen, saved, deleted = Templates().chosen, Templates().saved, Templates().deleted
MODELS = "You are a demo."
MINE = {"Pirate": "Answer like a pirate."}


@pytest.mark.parametrize("name", [MODELS_OWN, *PRESETS, *MINE])
def test_a_template_fills_the_prompt(name: str) -> None:
    known = {MODELS_OWN: MODELS, **PRESETS, **MINE}
    assert chosen(name, MINE, MODELS, "Words of my own") == (known[name], "Words of my own")


@pytest.mark.parametrize("name", [None, OWN, "gone", "__proto__"])
def test_what_is_no_template_changes_nothing(name: str | None) -> None:
    assert chosen(name, MINE, MODELS, "Words") == (gr.skip(), gr.skip())


@pytest.mark.parametrize("prompt", ["", None, MODELS, f" {MODELS} ", *PRESETS.values(), *MINE.values()])
def test_only_a_prompt_that_stands_nowhere_else_is_held_for_the_way_back(prompt: str | None) -> None:
    assert chosen("Translator", MINE, MODELS, prompt)[1] == ""


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (" ", "Enter a name."), (None, "Enter a name."), ("Translator", "Choose a unique name."),
        (MODELS_OWN, "Choose a unique name."), (OWN, "Choose a unique name."),
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_is_told_at_its_field_and_saves_nothing(name: str | None, told: str) -> None:
    own, preset, note = saved(name, "Words", MINE)
    assert (own, preset) == (gr.skip(), gr.skip())
    assert re.sub("<.*?>", "", note) == told


def test_ones_own_are_saved_changed_and_deleted() -> None:
    own, preset, _ = saved("  A  b ", "One", MINE)
    assert own == MINE | {"A b": "One"}
    assert preset["value"] == "A b"
    own, _, _ = saved("A b", "Two", own)
    assert own == MINE | {"A b": "Two"}
    own, preset, _ = deleted("A b", own)
    assert (own, preset["value"]) == (MINE, OWN)
    assert deleted("Translator", own)[0] == MINE


def test_there_are_so_many_and_no_more() -> None:
    full = {f"Mine {number}": "" for number in range(MAX_OWN)}
    assert "Delete one first" in saved("One more", "", full)[2]
    assert saved("Mine 3", "Other words", full)[0]["Mine 3"] == "Other words"
