"""What the tests of the handlers share."""

import gradio as gr
import pytest


@pytest.fixture
def warned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sentences that the visitor was told."""
    told: list[str] = []
    monkeypatch.setattr(gr, "Warning", lambda sentence, **_: told.append(sentence))
    return told
