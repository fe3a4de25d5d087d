"""Bodies that are no uploads: what costs much to take apart is refused first, and what the page sends is not."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from tests.trust.conftest import App, visitor
from ui.gradio_patches.calls import TOO_LONG
from web.bodies import CALLS, LOGIN, MAX_VALUES, TOO_MUCH, UNFIT, SmallBodies, has_few_values, is_utf8
from web.requests import Message, Receive, Scope, Send

MANY = 300_000
FLOODS = {
    "lists": "[" + "[]," * MANY + "0]",
    "objects": "[" + "{}," * MANY + "0]",
    "names": "{" + ",".join(f'"{number}":0' for number in range(MANY)) + "}",
    "empty texts": "[" + '"",' * MANY + "0]",
    "texts of a quote": "[" + '"\\"",' * MANY + "0]",
    "texts of a backslash": "[" + '"\\\\",' * MANY + "0]",
    "one in the other": "[" * MANY,
    "a text, then lists": '["\\"[[,,","' + "x" * MANY + '",' + "[]," * MANY + "0]",
}


@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])  # JSON is read in each of them
def test_many_values_are_seen_before_they_are_read(flood: str, encoding: str) -> None:
    body = FLOODS[flood].encode(encoding)
    assert not (is_utf8(body) and has_few_values(body))


@pytest.mark.parametrize("text", ['"', "\\", ",", "[{", 'a,"b\\"[{,,', "\u4f60", "\n", '\\"'])
def test_a_long_text_is_one_value_whatever_is_in_it(text: str) -> None:
    assert has_few_values(json.dumps({"data": [text * (1_000_000 // len(text))], "fn_index": 3}).encode())


def body(page: Any, name: str, trigger: str, message: str, told: Any = None) -> dict[str, Any]:
    changed = {"message": {"text": message, "files": []}}
    found: dict[str, Any] = page.body(page.event(name, trigger), changed) | {"event_data": told}
    return found


def sent(app: App, *bodies: tuple[Any, ...]) -> list[tuple[int, str]]:
    """What the server says to these calls: component, event, text in the box, what the event tells."""

    async def send() -> list[tuple[int, str]]:
        async with visitor(app, address="203.0.113.60") as page:
            answers = [
                await page.client.post(f"{app.url}/gradio_api/queue/join", json=body(page, *given)) for given in bodies
            ]
            return [(answer.status_code, answer.text) for answer in answers]

    return asyncio.run(send())


def test_a_message_of_a_megabyte_is_the_longest_and_what_an_event_tells_beside_it_does_not_count(open_app: App) -> None:
    long = "x" * 900_000
    edit = {"do": "rewrite", "index": 1, "text": long * 2}
    open_again = {"do": "open", "id": "a", "text": long}
    right, wrong, edited, command, drafted, more = sent(
        open_app,
        ("message", "submit", long),
        ("message", "submit", long * 2),
        ("channel", "select", "", edit),
        ("channel", "select", long, open_again),
        ("meter", "input", long),
        ("meter", "input", long * 2),
    )
    assert (right[0], edited[0], command[0], drafted[0]) == (200, 200, 200, 200)
    assert (wrong[0], more[0]) == (413, 413)
    assert json.loads(wrong[1]) == {"detail": TOO_LONG}


HALF = b'"half \xed\xa0\x80"'  # of a character, as UTF-8 must not have it and Python's json reads it all the same
CODINGS = {"half a character": HALF, "no UTF-8": b'"\xff"', "overlong": b'"\xc0\xaf"', "cut": b'"\xf0\x9f"'}


@pytest.mark.parametrize("route", ["queue/join", "cancel", "reset"])
@pytest.mark.parametrize("text", [*CODINGS.values(), "utf-16", "utf-32-be"], ids=[*CODINGS, "UTF-16", "UTF-32"])
def test_what_is_no_utf_8_is_refused_wherever_a_body_is_read(open_app: App, route: str, text: bytes | str) -> None:
    """It could not be sent back: the stream would be torn, and the page stay broken."""

    async def send() -> tuple[int, Any, str]:
        async with visitor(open_app, address="203.0.113.64") as page:
            call = json.dumps(body(page, "message", "submit", "TEXT") | {"event_id": "abc"})
            content = call.encode(text) if isinstance(text, str) else call.encode().replace(b'"TEXT"', text)
            headers = {"Content-Type": "application/json"}
            answer = await page.client.post(f"{open_app.url}/gradio_api/{route}", content=content, headers=headers)
            return answer.status_code, answer.json(), (await page.say("Hello", **{"max-tokens": 1})).state

    assert asyncio.run(send()) == (400, {"detail": UNFIT}, "completed")


def test_a_crowd_of_large_calls_is_refused_and_another_visitor_is_answered(open_app: App) -> None:
    async def crowd() -> tuple[list[httpx2.Response], str]:
        async with (
            visitor(open_app, address="203.0.113.61") as page,
            visitor(open_app, address="203.0.113.62") as other,
        ):
            flood = f'{{"data": {FLOODS["lists"]}, "fn_index": 0, "session_hash": "abc"}}'
            headers = {"Content-Type": "application/json"}
            posts = (
                page.client.post(f"{open_app.url}/gradio_api/queue/join", content=flood, headers=headers)
                for _ in range(9)
            )
            *refused, said = await asyncio.gather(*posts, other.say("Hello", **{"max-tokens": 2}))
            return refused, said.state

    refused, elsewhere = asyncio.run(crowd())
    assert [(answer.status_code, answer.json()) for answer in refused] == [(400, {"detail": UNFIT})] * 9
    assert elsewhere == "completed"


def test_a_login_has_short_fields(closed_app: App) -> None:
    answer = httpx2.post(f"{closed_app.url}/login", data={"username": "x" * 20_000, "password": "y"})
    assert (answer.status_code, answer.text) == (413, LOGIN)


def test_one_address_holds_so_much_and_another_is_still_heard() -> None:
    told: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        await send({"type": "http.response.start", "status": 200 if len(message["body"]) else 500})

    async def send(message: Message) -> None:
        told.append(message)

    async def crowd() -> None:
        limited, end = SmallBodies(app), asyncio.Event()

        def asks(address: str, piece: int) -> Any:
            pieces = [b"x" * piece, b"x"]

            async def receive() -> Message:
                if len(pieces) == 1:
                    await end.wait()
                return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

            scope = {"type": "http", "method": "POST", "path": "/", "headers": [], "client": (address, 1)}
            return limited(scope, receive, send)

        tasks = [asyncio.create_task(asks("a", 3_900_000)) for _ in range(17)]
        await asyncio.sleep(0)
        assert [message.get("status") for message in told] == [429, None]
        assert told[1]["body"].decode() == TOO_MUCH
        end.set()
        await asyncio.gather(*tasks, asks("b", 3_900_000))
        await asks("a", 3_900_000)  # what was held is let go of

    asyncio.run(crowd())
    assert [message["status"] for message in told if "status" in message] == [429, *[200] * 18]


def test_a_message_box_full_of_pictures_has_few_values() -> None:
    file = {"path": "/tmp/a.png", "url": "a", "size": 1, "orig_name": "a", "mime_type": "image/png", "is_stream": False}
    files = [file | {"meta": {"_type": "gradio.FileData"}} for _ in range(100)]
    assert has_few_values(json.dumps([{"text": "", "files": files}] * 4).encode())
    assert MAX_VALUES == 10_000


def test_a_few_calls_of_one_visitor_are_taken_in_at_a_time_and_nobody_else_waits_for_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done, taken, looked = asyncio.Event(), list[str](), list[bytes]()

    def looks(body: bytes) -> bool:
        looked.append(body)
        return True

    monkeypatch.setattr("web.bodies.has_few_values", looks)

    async def takes(scope: Scope, receive: Receive, send: Send) -> None:
        taken.append(scope["client"][0])
        await done.wait()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Message) -> None:
        return None

    async def calls() -> list[str]:
        small, scope = SmallBodies(takes), {"type": "http", "method": "POST", "headers": []}
        asked = [("1.1.1.1", "/queue/join")] * 50 + [("2.2.2.2", "/queue/join"), ("1.1.1.1", "/cancel")]
        tasks = [
            asyncio.create_task(small(scope | {"client": (address, 1), "path": f"/gradio_api{path}"}, receive, send))
            for address, path in asked
        ]
        await asyncio.sleep(0.1)
        at_once = list(taken)
        assert len(looked) == len(at_once)  # since one of a megabyte takes some milliseconds from everybody
        done.set()
        await asyncio.gather(*tasks)
        return at_once

    assert asyncio.run(calls()) == ["1.1.1.1"] * CALLS + ["2.2.2.2", "1.1.1.1"]
    assert len(taken) == 52


def test_whoever_reads_no_answers_has_nothing_held_that_others_of_the_address_wait_for() -> None:
    """A client that leaves something large unread, which it asked for before, is given no answer for that time."""
    taken, told, large = list[int](), list[Message](), b"x" * 3_900_000

    async def takes(scope: Scope, receive: Receive, send: Send) -> None:
        taken.append(len((await receive())["body"]))
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"{}"})

    async def receive() -> Message:
        return {"type": "http.request", "body": large, "more_body": False}

    async def unread(message: Message) -> None:
        await asyncio.Event().wait()

    async def send(message: Message) -> None:
        told.append(message)

    async def calls() -> None:
        small = SmallBodies(takes)
        scope = {"type": "http", "method": "POST", "headers": [], "client": ("1.1.1.1", 1)}
        scope |= {"path": "/gradio_api/queue/join"}
        held = [asyncio.create_task(small(scope, receive, unread)) for _ in range(50)]
        async with asyncio.timeout(10):
            while len(taken) < 50:
                await asyncio.sleep(0.01)
            await small(scope, receive, send)
        for each in held:
            each.cancel()

    asyncio.run(calls())
    assert taken == [len(large)] * 51
    assert [message.get("status") for message in told] == [200, None]
