"""References within a JSON Schema: whether each leads somewhere, and a schema without them.

A model reads a schema better whose parts stand where they are used, and some servers take no references.
"""

from collections.abc import Iterator, Set
from typing import Any

from referencing.exceptions import Unresolvable
from referencing.jsonschema import specification_with

from backend.json_schema.drafts import PUBLISHED
from backend.json_schema.walk import Steps, changed, inner, is_deeper, rebuilt, schemas

MAX_GROWTH, MAX_DEPTH = 4, 60  # times its own parts, and levels, that a schema may have without references
_SMALL = 500  # parts that any schema may have then
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_ADDRESSES = ("$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$dynamicRef", "$recursiveRef")
_NOTES = ("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment")
_OLD = ("draft-04", "draft-06", "draft-07")  # in which what stands beside a reference counts for nothing


class _Endless(Exception):
    """A schema that refers to itself, or grows too large."""


def dangling(schema: dict[str, Any], draft: str) -> Iterator[tuple[Steps, str]]:
    """The references that lead nowhere within the schema, and where they stand. Nothing is fetched."""
    if any(key in part for _, part in schemas(schema) for key in _REFERENCES):
        yield from _dangling(schema, (), _resolver(schema, draft), draft)


def without(schema: dict[str, Any], lost: Set[Steps], steps: Steps = ()) -> dict[str, Any]:
    """The schema without the references at these places: any value goes there."""
    made = rebuilt(schema, lambda part, more: without(part, lost, (*steps, *more)))
    return {key: value for key, value in made.items() if (*steps, key) not in lost}


def inlined(schema: dict[str, Any], draft: str) -> dict[str, Any]:
    """The same schema with what its references lead to in their place.

    It stays as it is where it refers to itself, has parts with addresses of their own, or would grow beyond measure.
    """
    parts = [part for _, part in schemas(schema)]
    if not any("$ref" in part for part in parts) or any(_has_address(part, part is schema) for part in parts):
        return schema
    most = MAX_GROWTH * len(parts) + _SMALL
    try:
        whole = _Inlining(_resolver(schema, draft), most, any(old in draft for old in _OLD)).replaced(schema, ())
    except (_Endless, Unresolvable, RecursionError):
        return schema
    plain = changed(whole, _without_definitions) if isinstance(whole, dict) else schema
    return schema if is_deeper(plain, 2 * MAX_DEPTH) else plain


class _Inlining:
    def __init__(self, resolver: Any, most: int, alone: bool) -> None:
        """`most` parts are made; `alone` says that what stands beside a reference counts for nothing."""
        self._resolver, self._left, self._alone = resolver, most, alone

    def replaced(self, schema: dict[str, Any], within: tuple[str, ...]) -> Any:
        """Raises _Endless and Unresolvable; `within` are the references that lead here."""
        self._left -= 1
        if self._left < 0 or len(within) > MAX_DEPTH:
            raise _Endless
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return self._parts(schema, within)
        if reference in within:
            raise _Endless
        target = self._resolver.lookup(reference).contents
        if isinstance(target, dict):
            target = self.replaced(target, (*within, reference))
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if self._alone or all(key in _NOTES for key in beside):
            notes = {key: value for key, value in beside.items() if key in _NOTES}
            return target | notes if isinstance(target, dict) else target
        others = self._parts(beside, within)
        return others | {"allOf": [*others.get("allOf", ()), target]}

    def _parts(self, schema: dict[str, Any], within: tuple[str, ...]) -> dict[str, Any]:
        return rebuilt(_without_definitions(schema), lambda part, _: self.replaced(part, within))


def _dangling(part: dict[str, Any], steps: Steps, resolver: Any, draft: str) -> Iterator[tuple[Steps, str]]:
    if steps and isinstance(part.get("$id", part.get("id")), str):
        resolver = resolver.in_subresource(specification_with(draft).create_resource(part))
    for key in _REFERENCES:
        if isinstance(part.get(key), str) and not _leads(resolver, part[key]):
            yield (*steps, key), part[key]
    for more, below in inner(part):
        yield from _dangling(below, (*steps, *more), resolver, draft)


def _resolver(schema: dict[str, Any], draft: str) -> Any:
    return PUBLISHED.resolver_with_root(specification_with(draft).create_resource(schema))


def _without_definitions(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key not in ("$defs", "definitions")}


def _leads(resolver: Any, reference: str) -> bool:
    try:
        resolver.lookup(reference)
    except (Unresolvable, ValueError):  # ValueError: what is no address at all
        return False
    return True


def _has_address(part: dict[str, Any], is_whole: bool) -> bool:
    return any(isinstance(part.get(key), str | bool) for key in _ADDRESSES if not (is_whole and key in ("$id", "id")))
