"""The numbers of a running app for Prometheus. Each Metrics has a registry of its own.

https://prometheus.github.io/client_python/
"""

from typing import get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from backend.chat.messages import FinishReason
from backend.engines.instrumented import Kind, Outcome, Stage

CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120)  # of waiting for a first token


class Metrics:
    """Counts what requests come to; a Watcher. Memory, processor time and open files come from the system (Linux)."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        name = "mistral_chat"
        self._requests = Counter(f"{name}_requests", "Requests to the model by outcome", ["outcome"], registry=registry)
        self._errors = Counter(f"{name}_errors", "Failed requests by kind", ["kind"], registry=registry)
        self._present = Gauge(f"{name}_requests_present", "Requests now, by stage", ["stage"], registry=registry)
        self._read = Counter(f"{name}_prompt_tokens", "Tokens read for completed answers", registry=registry)
        self._written = Counter(f"{name}_generated_tokens", "Tokens of completed answers", registry=registry)
        self._first = Histogram(
            f"{name}_time_to_first_token_seconds", "From the request to its first token", buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        ProcessCollector(registry=registry)
        for outcome in (*get_args(FinishReason), "failed"):  # so that each is there from the start, as 0
            self._requests.labels(outcome)
        for kind in get_args(Kind):
            self._errors.labels(kind)
        for stage in get_args(Stage):
            self._present.labels(stage)

    def moved(self, before: Stage | None, after: Stage | None) -> None:
        """See Watcher."""
        if before:
            self._present.labels(before).dec()
        if after:
            self._present.labels(after).inc()

    def ended(self, outcome: Outcome) -> None:
        """See Watcher."""
        self._requests.labels(outcome.end).inc()
        if outcome.error:
            self._errors.labels(outcome.error).inc()
        if outcome.usage:
            self._read.inc(outcome.usage.prompt_tokens)
            self._written.inc(outcome.usage.new_tokens)
        if outcome.seconds_to_first_token is not None:
            self._first.observe(outcome.seconds_to_first_token)

    def text(self) -> bytes:
        """All of it in Prometheus' text format, which is of CONTENT_TYPE."""
        return generate_latest(self._registry)
