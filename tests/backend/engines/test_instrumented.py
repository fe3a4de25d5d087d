"""What is measured of the requests that pass: their ends, their numbers, and nothing of what was said."""

from dataclasses import replace

import pytest

from backend.chat.errors import EngineUnavailable, GenerationFailed, RequestRejected
from backend.chat.messages import Finished, Usage
from backend.chat.request import ChatRequest, TextDelta, Waiting
from backend.engines.instrumented import InstrumentedEngine
from backend.observability.prometheus import Metrics
from tests.support.scripted_engine import Reply, ScriptedEngine

QUEUED, READING = Waiting("one ahead", queued=True), Waiting("reading")
DONE = Finished("stop", Usage(100, 20, 7, 0.3, 50.0))


def measured(metrics: Metrics, *replies: Reply) -> InstrumentedEngine:
    return InstrumentedEngine(ScriptedEngine(replies), [metrics])


def ask(engine: InstrumentedEngine, request: ChatRequest | None = None) -> list[object]:
    return list(engine.stream(request or ChatRequest()))


def lines(metrics: Metrics) -> set[str]:
    return set(metrics.text().decode().splitlines())


def test_events_pass_unchanged() -> None:
    reply = [QUEUED, READING, TextDelta("Hi"), DONE]
    assert ask(measured(Metrics(), reply)) == reply


def test_a_finished_request_counts_with_its_outcome_its_tokens_and_its_time_to_the_first_token() -> None:
    metrics = Metrics()
    engine = measured(metrics, [TextDelta("Hi"), DONE], [TextDelta("Hi"), replace(DONE, reason="length")])
    ask(engine)
    ask(engine)
    assert lines(metrics) >= {
        'mistral_chat_requests_total{outcome="stop"} 1.0',
        'mistral_chat_requests_total{outcome="length"} 1.0',
        'mistral_chat_requests_total{outcome="failed"} 0.0',
        "mistral_chat_prompt_tokens_total 200.0",
        "mistral_chat_generated_tokens_total 14.0",
        "mistral_chat_time_to_first_token_seconds_count 2.0",
        'mistral_chat_time_to_first_token_seconds_bucket{le="0.25"} 0.0',
        'mistral_chat_time_to_first_token_seconds_bucket{le="0.5"} 2.0',
    }


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EngineUnavailable("Down."), "unavailable"),
        (RequestRejected("Long."), "rejected"),
        (GenerationFailed("Broke."), "failed"),
    ],
)
def test_a_failed_request_counts_by_its_kind_and_its_error_goes_on(
    error: EngineUnavailable | RequestRejected | GenerationFailed, kind: str
) -> None:
    metrics = Metrics()
    with pytest.raises(type(error)):
        ask(measured(metrics, [TextDelta("Hi"), error]))
    assert lines(metrics) >= {
        'mistral_chat_requests_total{outcome="failed"} 1.0',
        f'mistral_chat_errors_total{{kind="{kind}"}} 1.0',
        'mistral_chat_requests_present{stage="running"} 0.0',
    }


def test_a_stopped_answer_counts_as_cancelled_and_closes_the_engine_behind_it() -> None:
    metrics, behind = Metrics(), ScriptedEngine([[TextDelta("Hi"), TextDelta(" there")]])
    stream = InstrumentedEngine(behind, [metrics]).stream(ChatRequest())
    next(stream)
    stream.close()
    assert behind.closed == 1
    assert 'mistral_chat_requests_total{outcome="cancelled"} 1.0' in lines(metrics)
    assert 'mistral_chat_errors_total{kind="unexpected"} 0.0' in lines(metrics)


def test_an_answer_that_is_closed_after_its_last_event_counts_as_complete() -> None:
    metrics = Metrics()
    stream = measured(metrics, [DONE]).stream(ChatRequest())
    next(stream)
    stream.close()
    assert 'mistral_chat_requests_total{outcome="stop"} 1.0' in lines(metrics)


def test_the_gauge_follows_a_request_from_the_queue_to_the_model_and_away() -> None:
    metrics = Metrics()
    stages = []
    for _ in measured(metrics, [QUEUED, READING, TextDelta("Hi"), DONE]).stream(ChatRequest()):
        present = [line[-3:] for line in sorted(lines(metrics)) if line.startswith("mistral_chat_requests_present")]
        stages.append(present)  # running, waiting
    assert stages == [["0.0", "1.0"], ["1.0", "0.0"], ["1.0", "0.0"], ["1.0", "0.0"]]
    assert 'mistral_chat_requests_present{stage="running"} 0.0' in lines(metrics)


def test_two_apps_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    ask(measured(first, [DONE]))
    assert 'mistral_chat_requests_total{outcome="stop"} 0.0' in lines(second)


def test_the_memory_of_the_process_is_there() -> None:
    resident = next(line for line in lines(Metrics()) if line.startswith("process_resident_memory_bytes "))
    assert float(resident.split()[1]) > 1e6
