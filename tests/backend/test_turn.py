"""The tool loop, against an engine that plays back a script."""

import time
from collections.abc import Generator
from dataclasses import replace

import pytest

from backend.chat.errors import EngineError, EngineUnavailable, GenerationFailed
from backend.chat.messages import (
    AssistantMessage,
    Conversation,
    Finished,
    FinishReason,
    ToolCall,
    ToolMessage,
    ToolResult,
    ToolSpec,
    Usage,
    UserMessage,
)
from backend.chat.parts import Text
from backend.chat.request import ChatRequest, TextDelta, ThoughtDelta, Waiting
from backend.tools.toolbox import Tool, Toolbox
from backend.turn import EMPTY_NOTE, ENDING_NOTES, MAX_ROUNDS, REPEATS_NOTE, ROUNDS_NOTE, SAME_CALL, run_turn
from tests.support.scripted_engine import Reply, ScriptedEngine

SCHEMA = '{"type": "object", "properties": {"of": {"type": "string"}}, "required": ["of"]}'
QUESTION = Conversation((UserMessage((Text("Which?"),)),))


class Run:
    """One turn after another against a script. `shout` is run by the app, `ask` only a person can answer."""

    def __init__(self, *replies: Reply) -> None:
        self.engine = ScriptedEngine(replies)
        self.shouted: list[str] = []
        self.states: list[Conversation] = []
        tools = (Tool(ToolSpec("shout", "Shouts.", SCHEMA), self._shout), Tool(ToolSpec("ask", "Asks.", SCHEMA)))
        self.toolbox = Toolbox(tools)
        self.request = ChatRequest("Be kind.", tools=self.toolbox.specs)

    def _shout(self, of: str) -> str:
        self.shouted.append(of)
        return of.upper()

    def go(self, conversation: Conversation = QUESTION) -> Conversation:
        """The last state; all of them stay in `states`."""
        for state in run_turn(self.engine, conversation, self.request, self.toolbox):
            self.states.append(state)
        return self.states[-1]

    @property
    def offered(self) -> list[bool]:
        """For each request, whether tools were offered."""
        return [bool(request.tools) for request in self.engine.requests]


def call(number: int, of: str = "hi", name: str = "shout") -> ToolCall:
    return ToolCall(f"call{number:05}", name, f'{{"of": "{of}"}}')


def results(conversation: Conversation) -> list[tuple[str, str, bool]]:
    found = [message.result for message in conversation.messages if isinstance(message, ToolMessage)]
    return [(result.call_id, result.output, result.is_error) for result in found]


def answer(conversation: Conversation) -> AssistantMessage:
    last = conversation.messages[-1]
    assert isinstance(last, AssistantMessage)
    return last


def test_text_streams_into_one_answer_after_the_question() -> None:
    run = Run([Waiting("Loading…"), TextDelta("Hel"), TextDelta("lo"), Finished("stop")])
    end = run.go()
    shown = [(answer(state).text, answer(state).note) for state in run.states]
    assert shown == [("", "Loading…"), ("Hel", ""), ("Hello", ""), ("Hello", "")]
    assert end == QUESTION.add(AssistantMessage("Hello", stats=Finished("stop")))
    assert [(asked.system_prompt, asked.messages) for asked in run.engine.requests] == [("Be kind.", QUESTION.messages)]


def test_a_thought_is_kept_beside_the_answer_and_is_something_of_it() -> None:
    run = Run([ThoughtDelta("Well, "), ThoughtDelta("2."), TextDelta("Two."), Finished("stop")])
    end = run.go()
    assert [(answer(state).thought, answer(state).text) for state in run.states[:3]] == [
        ("Well, ", ""),
        ("Well, 2.", ""),
        ("Well, 2.", "Two."),
    ]
    assert not any(state.awaits_answer for state in run.states)
    last = replace(answer(end), thought_seconds=0.0)
    assert last == AssistantMessage("Two.", stats=Finished("stop"), thought="Well, 2.")


def test_the_seconds_and_tokens_of_a_thought_add_up_when_it_is_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(100))
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(clock)))
    cut = [
        ThoughtDelta("One"),
        Waiting(""),
        ThoughtDelta(" and"),
        Finished("length", Usage(9, 0, 1024, thought_tokens=2)),
    ]
    run = Run(cut, [ThoughtDelta(" one."), TextDelta("Two."), Finished("stop", Usage(11, 0, 4, thought_tokens=3))])
    first = answer(run.go())
    assert (first.thought, first.thought_seconds, first.thought_tokens) == ("One and", 3.0, 2)
    run.request = replace(run.request, continues=True)
    second = answer(run.go(run.states[-1]))
    assert (second.thought, second.text) == ("One and one.", "Two.")
    assert (second.thought_seconds, second.thought_tokens) == (4.0, 5)
    assert run.engine.requests[1].messages[-1] == first


def test_the_model_reads_its_thoughts_where_they_are_sent() -> None:
    run = Run([ThoughtDelta("A call."), call(1)], [TextDelta("HI it is.")])
    run.request = replace(run.request, send_thoughts=True)
    run.go(QUESTION.add(AssistantMessage(thought="Cut o"), *QUESTION.messages))
    second = run.engine.requests[1].messages
    assert [m.thought for m in second if isinstance(m, AssistantMessage)] == ["A call."]


def test_no_thought_goes_back_to_the_model() -> None:
    run = Run([ThoughtDelta("A call."), call(1)], [TextDelta("HI it is.")])
    run.go(QUESTION.add(AssistantMessage(thought="Cut o"), *QUESTION.messages))
    first, second = (request.messages for request in run.engine.requests)
    assert first == (*QUESTION.messages, *QUESTION.messages)
    assert second[2] == AssistantMessage("", (call(1),), Finished("tool_calls"))
    kept = [message.thought for message in run.states[-1].messages if isinstance(message, AssistantMessage)]
    assert kept == ["Cut o", "A call.", ""]


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        ([Finished("stop")], EMPTY_NOTE),
        ([TextDelta(" \n"), Finished("stop")], EMPTY_NOTE),
        ([ThoughtDelta("Well."), Finished("stop")], EMPTY_NOTE),
        ([Finished("stop", note="Of the server.")], f"{EMPTY_NOTE} Of the server."),
        ([Finished("length")], ENDING_NOTES["length"]),
    ],
)
def test_an_answer_of_nothing_says_so(reply: Reply, note: str) -> None:
    assert answer(Run(reply).go()).note == note


@pytest.mark.parametrize(("written", "note"), [(1024, ENDING_NOTES["length"]), (1023, ENDING_NOTES["full"])])
def test_an_answer_that_was_cut_off_before_its_limit_of_tokens_had_no_more_room(written: int, note: str) -> None:
    run = Run([TextDelta("Once"), Finished("length", Usage(9, 0, written))])
    assert run.request.settings.max_tokens == 1024
    assert answer(run.go()).note == note


def test_a_call_is_run_and_the_model_reads_its_result_before_it_answers() -> None:
    run = Run([TextDelta("Let me see."), call(1)], [TextDelta("HI it is.")])
    end = run.go()
    assert results(end) == [("call00001", "HI", False)]
    assert answer(end).text == "HI it is."
    assert run.engine.requests[1].messages == end.messages[:-1]


def test_two_parallel_calls_are_answered_in_order_before_the_model_goes_on() -> None:
    run = Run([call(1, "a"), call(2, "b")], [TextDelta("Both.")])
    end = run.go()
    assert results(end) == [("call00001", "A", False), ("call00002", "B", False)]
    assert [type(message) for message in end.turn] == [AssistantMessage, ToolMessage, ToolMessage, AssistantMessage]
    assert len(run.engine.requests) == 2


def test_a_declared_tool_stops_the_turn_until_a_person_has_answered() -> None:
    run = Run([call(1, name="ask"), call(2)], [TextDelta("Thanks.")])
    waiting = run.go()
    assert waiting.open_calls == (call(1, name="ask"),)
    assert results(waiting) == [("call00002", "HI", False)]
    assert len(run.engine.requests) == 1
    end = run.go(waiting.add(ToolMessage(ToolResult("call00001", "forty-two"))))
    assert answer(end).text == "Thanks."
    assert not end.open_calls
    assert results(Conversation(run.engine.requests[1].messages)) == [
        ("call00002", "HI", False),
        ("call00001", "forty-two", False),
    ]


@pytest.mark.parametrize("name", ["shout", "ask"])
@pytest.mark.parametrize("arguments", ['{"of": ', "[1]", "{}", '{"of": 1}', '{"of": NaN}'])
def test_bad_arguments_are_answered_with_an_error_and_the_model_may_try_again(name: str, arguments: str) -> None:
    run = Run([ToolCall("bad000000", name, arguments)], [call(1)], [TextDelta("Done.")])
    end = run.go()
    (bad, output, is_error), good = results(end)
    assert (bad, is_error, good) == ("bad000000", True, ("call00001", "HI", False))
    assert output.startswith(f"Error: the arguments of {name}")
    assert answer(end).text == "Done."


def test_an_unknown_tool_is_answered_with_the_names_of_those_there_are() -> None:
    end = Run([call(1, name="whisper")], [TextDelta("Sorry.")]).go()
    assert results(end) == [("call00001", "Error: there is no tool called “whisper”. Available: shout, ask.", True)]


def test_the_last_of_eight_rounds_offers_no_tools_and_says_so() -> None:
    run = Run(*([call(number, str(number))] for number in range(MAX_ROUNDS - 1)), [TextDelta("Enough.")])
    end = run.go()
    assert run.offered == [True] * (MAX_ROUNDS - 1) + [False]
    assert (answer(end).text, answer(end).note) == ("Enough.", ROUNDS_NOTE)
    assert len(run.shouted) == MAX_ROUNDS - 1


def test_a_call_in_a_round_without_tools_is_dropped_and_ends_the_turn() -> None:
    run = Run(*([call(number, str(number))] for number in range(MAX_ROUNDS)))
    end = run.go()
    assert len(run.engine.requests) == MAX_ROUNDS
    assert (answer(end).tool_calls, answer(end).note, end.open_calls) == ((), ROUNDS_NOTE, ())


def test_the_third_identical_call_is_not_run_and_ends_the_tools() -> None:
    run = Run([call(1)], [call(2)], [call(3)], [TextDelta("Fine.")])
    end = run.go()
    assert run.shouted == ["hi", "hi"]
    assert results(end)[-1] == ("call00003", SAME_CALL, True)
    assert run.offered == [True, True, True, False]
    assert (answer(end).text, answer(end).note) == ("Fine.", REPEATS_NOTE)


def test_identical_calls_with_another_between_them_go_on() -> None:
    run = Run([call(1)], [call(2)], [call(3, "other")], [call(4)], [TextDelta("Fine.")])
    assert answer(run.go()).note == ""
    assert run.shouted == ["hi", "hi", "other", "hi"]


def test_a_new_question_has_all_its_rounds_again() -> None:
    run = Run(*([call(number)] for number in range(3)), [TextDelta("Fine.")], [call(4)], [TextDelta("Again.")])
    end = run.go(run.go().add(*QUESTION.messages))
    assert (answer(end).text, answer(end).note, len(run.shouted)) == ("Again.", "", 3)


@pytest.mark.parametrize(
    ("replies", "standing"),
    [
        ([EngineUnavailable("No.")], []),
        ([[TextDelta("Half an"), GenerationFailed("No.")]], ["Half an"]),
        ([[call(1)], EngineUnavailable("No.")], ["", "", ""]),
    ],
)
def test_an_engine_error_passes_through_and_what_came_before_it_stands(
    replies: list[Reply], standing: list[str]
) -> None:
    run = Run(*replies)
    with pytest.raises(EngineError, match=r"No"):
        run.go()
    texts = [
        message.text for state in run.states for message in state.turn[:1] if isinstance(message, AssistantMessage)
    ]
    assert texts == standing


def test_closing_the_turn_stops_the_engine() -> None:
    run = Run([TextDelta("One"), TextDelta("Two")])
    turn = run_turn(run.engine, QUESTION, run.request, run.toolbox)
    next(turn)
    assert run.engine.closed == 0
    turn.close()
    assert run.engine.closed == 1


@pytest.mark.parametrize("reason", ["length", "loop", "time", "stop"])
def test_only_an_answer_that_was_cut_off_says_so(reason: FinishReason) -> None:
    end = Run([TextDelta("Once upon a"), Finished(reason)]).go()
    assert answer(end).note == ("" if reason == "stop" else ENDING_NOTES[reason])


def test_a_call_is_forced_in_the_first_round_only() -> None:
    run = Run([call(1)], [TextDelta("Done.")])
    run.request = replace(run.request, tool_choice="shout")
    run.go()
    assert [asked.tool_choice for asked in run.engine.requests] == ["shout", "auto"]


def test_what_the_person_left_out_is_sent_in_no_round() -> None:
    run = Run([call(1)], [TextDelta("Done.")])
    run.request = replace(run.request, keep="last turn")
    end = run.go(QUESTION.add(AssistantMessage("This."), *QUESTION.messages))
    assert [asked.messages for asked in run.engine.requests] == [end.messages[2:3], end.messages[2:5]]


def test_an_answer_that_goes_on_keeps_its_beginning_and_loses_its_note() -> None:
    cut = QUESTION.add(AssistantMessage("Once upon", stats=Finished("length"), note="Cut off."))
    run = Run([TextDelta(" a time"), call(1)], [TextDelta("The end.")])
    run.request = replace(run.request, continues=True)
    end = run.go(cut)
    assert [message.text for message in end.turn if isinstance(message, AssistantMessage)] == [
        "Once upon a time",
        "The end.",
    ]
    assert run.states[0].messages[-1] == AssistantMessage("Once upon a time")
    assert [asked.continues for asked in run.engine.requests] == [True, False]
    assert run.engine.requests[0].messages == cut.messages


@pytest.mark.parametrize("begun", ["Once upon", "def wait():\n"])
def test_blanks_at_the_end_of_an_answer_that_goes_on_are_the_models_to_write(begun: str) -> None:
    """mistral-common takes them off, so that the model writes them again: code would stand further in."""
    cut = QUESTION.add(AssistantMessage(f"{begun}    ", stats=Finished("length")))
    run = Run([TextDelta("    and so on")])
    run.request = replace(run.request, continues=True)
    end = run.go(cut)
    assert answer(end).text == f"{begun}    and so on"
    assert run.engine.requests[0].messages[-1] == AssistantMessage(begun, stats=Finished("length"))


def test_an_open_call_from_an_earlier_turn_reaches_the_model_as_cancelled() -> None:
    run = Run([call(1, name="ask")], [TextDelta("Never mind.")])
    end = run.go(run.go().add(UserMessage((Text("Forget it."),))))
    assert answer(end).text == "Never mind."
    (result,) = results(Conversation(run.engine.requests[1].messages))
    assert result[0] == "call00001"
    assert result[2]
    assert results(end) == []


def test_what_a_tool_says_while_it_runs_is_shown_and_not_kept() -> None:
    def works() -> Generator[str, None, str]:
        yield "half done"
        yield ""
        return "done"

    tool = Tool(ToolSpec("work", "", '{"type": "object"}'), works)
    engine = ScriptedEngine([[ToolCall("aaaaaaaaa", "work", "{}")], [TextDelta("It is done.")]])
    states = list(run_turn(engine, QUESTION, ChatRequest(tools=(tool.spec,)), Toolbox((tool,))))
    said = [message.progress for state in states for message in state.messages if isinstance(message, AssistantMessage)]
    assert "half done" in said
    assert not any(getattr(message, "progress", "") for message in states[-1].messages)
