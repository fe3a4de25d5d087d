"""The conversations of the tests that mistral-common (1.11.7) and vLLM have of their own: facts, in OpenAI's form.

A row is named after the test that it is of. Where that test goes around the checks of a request, the row is what a
request has to be: ids of nine characters; a question before an answer; an answer at the end is one to go on with.
Sizes of pictures are in cells. Not here, since our types have no word for them on purpose:
- sound: no model that the app is for hears;
- a system prompt between two turns: there is one, at the beginning;
- a limit of tokens at which earlier turns are dropped: the person chooses what is kept, too long a prompt is refused;
- going on with a question, which the library refuses: ours is answered.
Thoughts, of answers and of system prompts, are in the rows and our types, and not in what is sent.
"""

from tests.support.library_conversations import (
    ID,
    OTHER_ID,
    Json,
    Row,
    assistant,
    call,
    picture,
    result,
    system,
    text,
    thought,
    tool,
    user,
)

STRING = {"type": "string"}
T = tool("t", {"type": "object", "properties": {"g": STRING, "h": STRING}})
MATHS = tool(
    "math_interpreter",
    {"type": "object", "properties": {"expression": STRING | {"description": "Math expression."}}},
    "Get the value of an arithmetic expression.",
)
WEATHER = tool(
    "get_weather",
    {"type": "object", "properties": {"city": STRING | {"description": "The city name"}}, "required": ["city"]},
    "Gets the current weather in a city.",
)
RED, BLUE = picture("red", 2, 2), picture("blue", 3, 2)
TWO_CALLS = [call("F1", "{}"), call("F2", "{}", OTHER_ID)]
GH = call("t", '{"g": "h"}')
AN_AI, HELLO = system("I am an AI"), user("Hello world !")


def asked(answer: Json) -> Row:
    """A row of an answer that the test encodes alone, to a question before it."""
    return Row([user("a"), answer], continues=True)


def answered(*calls: Json) -> Row:
    """A row of calls that the test encodes alone, with their results and what came after them."""
    results = [result(made["id"], "f") for made in calls]
    return Row([user("a"), assistant(None, *calls), *results, assistant("b"), user("c")])


V7 = {
    "encode_chat_completion": Row(
        [system("a"), user([text("a"), RED]), assistant("b"), result(ID, "f")], (T,), versions=("v7",)
    ),  # from v11 on, a result is one of a call
    "continue_final_message": Row([user([text("a"), RED]), assistant("b")], continues=True),
    "encode_chat_completion_continue": asked(assistant("b")),
    "empty_content_none": asked(assistant(None, call("test_fn", "{}"))),
    "empty_content": asked(assistant("", call("test_fn", "{}"))),
    "encode_spm": Row([system("a"), user("a"), assistant("b", GH)], (T,), continues=True),
    "encode_spm_two_questions": Row(
        [system("a"), user("a"), user("c"), assistant("b", GH), result(ID, "b")], (T,)
    ),
    "assistant_tool_call_and_content": Row(
        [user("a"), assistant("b1b2", call("t1", "{}", "000000000"), call("t2", "{}", "111111111"))],
        (tool("t1", {}), tool("t2", {})),
        continues=True,
    ),
    "truncation_answer_first": Row([assistant("c"), user("b"), user("a"), user("aaaaaaa")]),
    "truncation_two_answers_first": Row([assistant("c"), assistant("b"), user("a"), user("aaaaaaa")]),
    "truncation_two_answers": Row([user("c"), assistant("c"), assistant("c"), user("aaaaaaa")]),
    "truncation_prompt_alone": Row([system("a" * 10)]),
    "truncation_question_alone": Row([user("a" * 10)]),
    "images_after_no_text": Row([user([text(""), RED, BLUE])]),
    "images_after_text": Row([user([text("x"), RED, BLUE])]),
    "images_alone": Row([user([RED, BLUE])]),
    "image_last": Row([user([text("x"), RED])]),
    "image_first": Row([user([RED, text("x")])]),
}  # fmt: skip

V11 = {
    "assistant_message": answered(call("a_a_a", "blabla")),
    "assistant_messages": answered(call("a_a_a", "blabla"), call("b", "blu", OTHER_ID)),
    "assistant_message_train": answered(call("a_a_a", "blabla", "ABCabc123")),
    "continue_message": asked(assistant('"blabla"')),
    "decode_one_call": answered(call("ab", "{}")),
    "decode_two_calls": answered(call("ab", "{}"), call("cd", '{"a": "b", "c": "d"}', OTHER_ID)),
}

V13 = {
    "end_to_end": Row(
        [
            system([text("S1"), thought("TS"), text("S2")]),
            user("U1"), assistant("A1", *TWO_CALLS), result(ID, "R1"), result(OTHER_ID, "R2"),
            assistant([thought("T1"), text("A2")]), user("U2"),
        ],
        (MATHS,),
    ),
    "end_to_end_wrong_order": Row(
        [
            system("S"),
            user("U1"), assistant("A1", *TWO_CALLS), result(OTHER_ID, "R2"), result(ID, "R1"),
            assistant("A2"), user("U2"),
        ],
        (MATHS,),
    ),
    "tool_message_of_two_texts": Row(
        [user("U1"), assistant(None, call("F1", "{}")), result(ID, [text("R1"), text("R2")])]
    ),
    "assistant_text": asked(assistant("A1")),
    "assistant_text_part": asked(assistant([text("A1")])),
    "assistant_thought": asked(assistant([thought("T1"), text("A1")])),
    "assistant_open_thought_and_call": asked(
        assistant([thought("R1", closed=False), text("A1")], call("F1", "{'a': 1}"))
    ),
    "system": Row([system("S1"), user("U1")]),
    "system_thoughts": Row(
        [system([text("S1"), text("S3"), thought("TS"), thought("TS"), text("S2")]), user("U1")]
    ),
    "system_open_thought": Row([system([text("S1"), text("S3"), thought("TS", closed=False)]), user("U1")]),
    "continue_final_message": asked(assistant("b")),
}  # fmt: skip

REWRITE = tool(
    "rewrite",
    {"type": "object", "required": [], "properties": {"text": STRING | {"description": "The input text to rewrite."}}},
    "Rewrites text",
)
WRONG = "My English needs improvving, maybe I make errors."
RIGHT = "My English needs improving, maybe I make errors"

VLLM = {
    "hello": Row([HELLO]),
    "system": Row([AN_AI, HELLO]),
    "tools": Row([AN_AI, HELLO], (WEATHER,)),
    "call": Row(
        [
            AN_AI, HELLO, assistant("", call("get_weather", '{"city": "Paris"}')),
            result(ID, '{"temperature": 20, "unit": "celsius"}'),
        ],
        (WEATHER,),
    ),
    "continue_final_message": Row([HELLO, assistant("Hello ")], continues=True),
    "function_calling": Row(
        [
            system("You are an assistant."), user(f"Could you please rewrite the below article? \n\n {WRONG}"),
            assistant("", call("rewrite", f'{{"text":"{WRONG}"}}', "bbc5b7ede")),
            result("bbc5b7ede", f'{{"action":"rewrite","outcome":"{RIGHT}."}}'), assistant(f"---\n\n{RIGHT}"),
            user("Can you tell me what the temperate will be in Dallas, in fahrenheit?"),
        ],
        (REWRITE, WEATHER),
    ),
    "symbolic_languages": Row(
        [user("勇敢な船乗りについての詩を書く"), assistant("ပုံပြင်လေးပြောပြပါ်:\n"), user("寫一首關於勇敢的水手的詩")]
    ),
    "symbolic_languages_urgency": Row([user("Repeat the phrase 'URGENCY🌶️':\nURGENCY🌶️\nURGENCY🌶️\n")]),
}  # fmt: skip

ROWS = {
    f"{source}: {name}": row
    for source, rows in (("v7", V7), ("v11", V11), ("v13", V13), ("vllm", VLLM))
    for name, row in rows.items()
}

# What the library's checks refuse; its tests go around them, or expect the refusal.
REFUSED = {
    "a result of a call that nobody can have made": Row([user([text("a"), RED]), assistant("b"), result("b", "f")]),
    "a result with a short id": Row([user("a"), assistant("b", GH), result("1234", "b")], (T,)),
    "a result after a question": Row(
        [assistant("c"), user("c"), result("1234", "c"), user("a"), assistant("bbbbbbb")], continues=True
    ),
    "a call of no id": asked(assistant(None, call("test_fn", "{}", "null"))),
    "a call that begins": Row([assistant("", call("test_fn", "{}"))], continues=True),
    "nothing said": asked(assistant("")),
    "nothing at all": asked(assistant(None)),
    "an answer at the end": Row([HELLO, assistant("Hello ")]),
}  # fmt: skip
