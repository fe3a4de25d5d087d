"""What a program may ask for by a name that is known, and cannot have here: it is told so, before it relies on it."""

from typing import Any

from web.api.errors import invalid

# The values that ask for nothing, and what helps.
_NEUTRAL: dict[str, tuple[tuple[object, ...], str]] = {
    "n": ((1,), "Only one answer is given: leave n out, and send the request again for another."),
    "best_of": ((1,), "Only one answer is made: leave best_of out."),
    "use_beam_search": ((False,), "There is no beam search: leave use_beam_search out."),
    "frequency_penalty": ((0,), "frequency_penalty isn't supported: use repetition_penalty."),
    "presence_penalty": ((0,), "presence_penalty isn't supported: use repetition_penalty."),
    "logit_bias": (({},), "logit_bias isn't supported: leave it out."),
    "min_tokens": ((0,), "min_tokens isn't supported: leave it out."),
    "ignore_eos": ((False,), "ignore_eos isn't supported: leave it out."),
    "functions": (([],), "functions is no longer supported: use tools."),
    "function_call": (("none", "auto"), "function_call is no longer supported: use tool_choice."),
    "modalities": ((["text"],), 'Only text is answered: modalities must be ["text"].'),
    "audio": ((), "There is no audio: leave audio out."),
    "web_search_options": ((), "There is no search of the web: leave web_search_options out."),
    "guided_json": ((), "guided_json isn't supported: use response_format with json_schema."),
    "guided_regex": ((), "guided_regex isn't supported: use response_format with json_schema."),
    "guided_choice": ((), "guided_choice isn't supported: use response_format with json_schema."),
    "guided_grammar": ((), "guided_grammar isn't supported: use response_format with json_schema."),
    "structured_outputs": ((), "structured_outputs isn't supported: use response_format with json_schema."),
}


def check_possible(request: dict[str, Any]) -> None:
    """Raises ApiError for the first that asks for something."""
    for name, (neutral, sentence) in _NEUTRAL.items():
        value = request.get(name)
        if value is None or any(
            value == each and isinstance(value, bool) == isinstance(each, bool) for each in neutral
        ):
            continue
        raise invalid(name, sentence, "unsupported_parameter")
