"""What the server holds for each page: nobody overwrites another's, a page finds its own again, and there is an end."""

import secrets
import threading
import timeit
import tracemalloc
from dataclasses import replace

import pytest

from backend.chat.messages import AssistantMessage, Conversation, UserMessage
from backend.chat.parts import Text
from backend.chat.request import ChatRequest
from backend.chat.scores import TokenScore
from backend.storage.document import ToolPanel
from ui import session_store
from ui.attachments.choice import Choice
from ui.fairness.shares import Room, Shares
from ui.place import Place
from ui.requests.values import PanelValues
from ui.session import Chat, Comparing, Session
from ui.session_store import SessionStore

NO_PAGE = "0" * 32
MUCH = 1_000_000_000


def chat(*texts: str) -> Chat:
    return Chat().append(Conversation(tuple(UserMessage((Text(text),)) for text in texts)))


def place(store: SessionStore, page: str) -> Place:
    """What the page itself remembers of its session."""
    shown = store.get(page).chat
    return Place(page=page, id=shown.id, leaf=shown.history.leaf)


def opened(store: SessionStore, connection: str, *texts: str, visitor: str = "") -> str:
    """A page of this visitor's at this connection with a conversation of these messages."""
    page = store.page(connection, visitor)
    store.update(page, lambda session: session.with_chat(chat(*texts)))
    return page


def texts(store: SessionStore, page: str) -> list[str]:
    return [message.text for message in store.get(page).chat.conversation.messages]  # type: ignore[union-attr]


def restarted(store: SessionStore, page: str) -> tuple[SessionStore, Place, Session]:
    """A store that knows of nothing, what the page remembers, and what was kept of its conversation."""
    return SessionStore(), place(store, page), Session().with_chat(store.get(page).chat)


def test_each_connection_has_a_page_of_its_own_whose_name_nobody_can_guess() -> None:
    store = SessionStore()
    first, second = store.page("a"), store.page("b")
    assert first != second
    assert store.page("a") == first
    assert {len(first), len(second)} == {32}
    assert (store.connection(first), store.connection(NO_PAGE)) == ("a", "")


def test_a_change_is_made_of_the_newest_and_none_of_many_threads_is_lost() -> None:
    store = SessionStore()
    pages = [store.page(str(number)) for number in range(4)]

    def counts(page: str) -> None:
        for _ in range(500):
            store.update(page, lambda session: replace(session, changes=session.changes + 1))

    threads = [threading.Thread(target=counts, args=[page]) for page in pages for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.get(page).changes for page in pages] == [1500] * 4


def test_no_change_of_one_page_reaches_another() -> None:
    store = SessionStore()
    first, second = opened(store, "a", "Apples"), opened(store, "b", "Pears")
    store.update(first, lambda session: replace(session, chat=session.chat.append(chat("Plums").conversation)))
    assert (texts(store, first), texts(store, second)) == (["Plums"], ["Pears"])


def test_a_session_that_is_gone_stays_gone() -> None:
    store = SessionStore()
    store.update(NO_PAGE, lambda session: session.with_chat(chat("Apples")))
    assert store.get(NO_PAGE) == Session()
    assert store.find(NO_PAGE) is None


def test_of_too_many_the_empty_ones_go_first_and_then_those_used_longest_ago() -> None:
    store = SessionStore(room=Room(3, MUCH, MUCH))
    first, second = opened(store, "a", "Apples"), opened(store, "b", "Pears")
    empty = store.page("c")
    third = opened(store, "d", "Plums")
    assert store.find(empty) is None
    store.get(first)  # is used
    fourth = opened(store, "e", "Figs")
    assert store.find(second) is None
    assert [texts(store, page) for page in (first, third, fourth)] == [["Apples"], ["Plums"], ["Figs"]]


def test_one_whose_answer_is_under_way_never_goes() -> None:
    busy: set[str] = set()
    store = SessionStore(busy.__contains__, Room(2, MUCH, MUCH))
    first = opened(store, "a", "Apples")
    busy.add(first)
    others = [opened(store, str(number), "Pears") for number in range(5)]
    assert texts(store, first) == ["Apples"]
    assert [store.find(page) is not None for page in others] == [False] * 4 + [True]


def test_their_conversations_together_have_an_end() -> None:
    store = SessionStore(room=Room(100, 11_500, MUCH))
    first, second = opened(store, "a", "x" * 4_000), opened(store, "b", "y" * 4_000)
    assert store.find(first)
    third = opened(store, "c", "z" * 4_000)
    assert [store.find(page) is not None for page in (first, second, third)] == [False, True, True]
    store.update(second, lambda session: session.with_chat(Chat()))
    fourth = opened(store, "d", "a" * 4_000)  # there is room again
    assert texts(store, third)
    assert texts(store, fourth)


def test_a_conversation_of_too_many_messages_is_full() -> None:
    store = SessionStore()
    page = opened(store, "a", "Apples")
    assert not store.is_full(page)
    store.update(page, lambda session: session.with_chat(chat(*map(str, range(10_000)))))
    assert store.is_full(page)


def test_a_reload_takes_the_session_up_and_the_connection_before_it_has_it_no_more() -> None:
    store = SessionStore()
    page = opened(store, "before", "Apples")
    fresh = store.page("after")
    assert store.take_up("after", page)
    assert (store.page("after"), store.connection(page)) == (page, "after")
    assert store.page("before") != page
    assert store.find(fresh) is None  # nothing was in it
    assert not store.is_lost("after", place(store, page))
    assert store.is_lost("before", place(store, page))


def test_what_nobody_has_cannot_be_taken_up() -> None:
    store = SessionStore()
    assert not store.take_up("a", NO_PAGE)
    assert not store.take_up("a", "")


def test_who_has_begun_to_write_before_the_session_was_taken_up_keeps_what_was_written() -> None:
    store = SessionStore()
    page = opened(store, "before", "Apples")
    quick = opened(store, "after", "Pears")
    assert store.take_up("after", page)
    assert texts(store, store.page("after")) == texts(store, quick) == ["Pears"]


def test_who_is_about_to_be_answered_when_the_session_is_taken_up_keeps_what_they_sent() -> None:
    busy: set[str] = set()
    store = SessionStore(busy.__contains__)
    page, quick = opened(store, "before"), store.page("after")
    busy.add(quick)  # sent, and not yet in the session
    assert store.take_up("after", page)
    store.update(quick, lambda session: session.with_chat(chat("Pears")))
    assert texts(store, store.page("after")) == ["Pears"]


def test_a_page_is_lost_where_it_shows_what_its_session_does_not_have() -> None:
    store = SessionStore()
    page = opened(store, "a", "Apples")
    assert not store.is_lost("a", place(store, page))
    assert not store.is_lost("b", Place())
    assert store.is_lost("b", place(store, page))
    later, shown, _ = restarted(store, page)
    assert later.is_lost("a", shown)


def test_after_a_restart_events_with_the_old_place_find_the_conversation_that_was_brought_back() -> None:
    store, shown, kept = restarted(before := SessionStore(), opened(before, "a", "Apples"))
    page = store.restore("a", shown, kept)
    assert not store.is_lost("a", shown)  # on its way since before the restart
    assert store.find(shown.page) is store.get(page)
    assert texts(store, page) == ["Apples"]
    assert store.take_up("reloaded", shown.page)  # a tab remembers the name as well
    assert store.page("reloaded") == page


def test_it_is_brought_back_at_the_branch_and_the_edit_that_the_page_shows() -> None:
    before = SessionStore()
    page = opened(before, "a", "Apples")
    first = place(before, page)
    before.update(page, lambda session: replace(session, chat=session.chat.append(chat("Pears", "Plums").conversation)))
    store, shown, kept = restarted(before, page)
    page = store.restore("a", first.model_copy(update={"editing": 0}), kept)
    assert (texts(store, page), store.get(page).chat.editing) == (["Apples"], 0)
    page = store.restore("b", shown.model_copy(update={"leaf": "unknown", "editing": 7}), kept)
    assert (texts(store, page), store.get(page).chat.editing) == (["Pears", "Plums"], None)


def test_what_came_to_it_meanwhile_stays_when_it_is_brought_back_twice() -> None:
    store, shown, kept = restarted(before := SessionStore(), opened(before, "a", "Apples"))
    page = store.restore("a", shown, kept)
    store.update(page, lambda session: replace(session, chat=session.chat.append(chat("Pears").conversation)))
    store.restore("a", shown, kept)
    assert len(store.get(page).chat.history.nodes) == 2


def test_who_has_gone_on_to_another_conversation_is_not_called_back() -> None:
    store, shown, kept = restarted(before := SessionStore(), opened(before, "a", "Apples"))
    page = store.page("a")
    store.update(page, lambda session: session.with_chat(Chat()))
    store.restore("a", shown, kept)
    assert texts(store, page) == []


def test_bringing_back_a_copy_takes_the_session_from_no_tab_that_has_it() -> None:
    store = SessionStore()
    page = opened(store, "original", "Apples")
    copy = store.restore("copy", place(store, page), store.get(page))
    assert copy != page
    assert not store.is_lost("original", place(store, page))
    assert (store.page("original"), store.page("copy")) == (page, copy)


def test_the_names_that_pages_once_had_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 100
    monkeypatch.setattr(session_store, "MAX_ALIASES", most)
    store = SessionStore(room=Room(10, MUCH, MUCH))
    for number in range(most + 5):
        store.restore("a", Place(page=f"{number:032x}", id="x"), Session().with_chat(replace(chat("Apples"), id="x")))
    store.restore("a", Place(page="a forged name", id="x"), Session().with_chat(replace(chat("Apples"), id="x")))
    assert len(store._aliases) == most
    assert not store.is_lost("a", Place(page=f"{most:032x}", id="y"))
    assert store.is_lost("a", Place(page=f"{0:032x}", id="y"))


def test_what_somebody_has_begun_meanwhile_is_not_replaced_by_what_is_brought_back() -> None:
    store = SessionStore()
    page = store.page("a")
    begun, kept = chat("Pears"), Session(chat=chat("Apples"))
    store.update(page, lambda session: replace(session, chat=begun, growing=begun.history.leaf))
    store.restore("a", Place(page=NO_PAGE, id=kept.chat.id), kept)
    assert texts(store, page) == ["Pears"]
    assert store.get(page).growing == begun.history.leaf


def test_who_opens_many_pages_pushes_out_their_own_and_nobody_elses() -> None:
    store = SessionStore(room=Room(10, MUCH, MUCH))
    first = opened(store, "a", "Apples", visitor="Ada")
    empty = store.page("b", "Ben")
    for number in range(50):
        opened(store, str(number), "Pears", visitor="many")
    last = opened(store, "c", "Plums", visitor="Cy")
    assert [texts(store, page) for page in (first, last)] == [["Apples"], ["Plums"]]
    assert store.find(empty) is not None


def test_one_address_may_have_as_many_pages_as_there_is_room_for() -> None:
    store = SessionStore(room=Room(200, MUCH, MUCH))
    pages = [opened(store, str(number), f"{number}", visitor="office") for number in range(200)]
    assert [texts(store, page) for page in pages] == [[str(number)] for number in range(200)]


def test_whose_conversations_take_more_than_one_visitors_part_loses_those_used_longest_ago() -> None:
    store = SessionStore(room=Room(100, MUCH, 11_500))
    first = opened(store, "a", "a" * 4_000, visitor="Ada")
    large = [opened(store, str(number), "x" * 4_000, visitor="many") for number in range(4)]
    assert [store.find(page) is not None for page in large] == [False, False, True, True]
    assert store.find(first)


def test_all_that_a_page_holds_beside_its_conversation_counts_too() -> None:
    store = SessionStore(room=Room(100, MUCH, 1_000_000))
    large = "x" * 400_000
    for holds in (
        {"panel": PanelValues(system_prompt=large)}, {"panel": PanelValues(tools=ToolPanel(schemas=large))},
        {"unsent": ({"save": large},)}, {"files": (large,)}, {"choices": {large: Choice()}},
        {"following": ((large, Choice()),)},
        {"compared": Comparing("", ((chat(large).conversation, ChatRequest()),))},
    ):  # fmt: skip
        pages = [store.page(secrets.token_hex(4), str(holds.keys())) for _ in range(4)]
        for page in pages:
            store.update(page, lambda session, holds=holds: replace(session, **holds))  # type: ignore[misc]
        assert [store.find(page) is not None for page in pages] == [False, False, True, True], holds.keys()


def test_the_prompts_that_answers_came_from_count_too() -> None:
    store = SessionStore(room=Room(100, MUCH, 1_000_000))
    pages = [opened(store, str(number), "Hello") for number in range(3)]
    for page in pages:
        answer = chat("Hello").conversation.add(AssistantMessage("Hi"))
        asked = ChatRequest("x" * 400_000)
        store.update(page, lambda s, answer=answer, asked=asked: replace(s, chat=s.chat.append(answer, asked)))  # type: ignore[misc]
    assert [store.find(page) is not None for page in pages] == [False, True, True]


def test_messages_that_no_script_hears_have_an_end() -> None:
    store = SessionStore()
    page = store.page("a")
    for number in range(5):
        message = {"save": str(number) * 8_000_000}
        store.update(page, lambda session, message=message: replace(session, unsent=(*session.unsent, message)))  # type: ignore[misc]
    assert [message["save"][0] for message in store.get(page).unsent] == ["3", "4"]


def test_what_is_counted_is_what_is_held() -> None:
    store = SessionStore()
    asked = ChatRequest("You are helpful.")
    tracemalloc.start()
    page = store.page("a")
    for number in range(200):
        last = store.get(page).chat.conversation
        turn = last.add(UserMessage((Text(f"é {number} " * 50),)), AssistantMessage(f"你好 {number} " * 500))
        store.update(page, lambda session, turn=turn: replace(session, chat=session.chat.append(turn, asked)))  # type: ignore[misc]
    del last, turn
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    counted = store._held[page].history + store._held[page].beside
    assert held / 1.5 < counted < held * 1.5


def test_how_sure_the_model_was_counts_too() -> None:
    store = SessionStore()
    page = store.page("a")
    tracemalloc.start()
    scores = tuple(
        TokenScore(5 * at, f"w{at}", 0.5 + at / 1e6, tuple((f"{sign}{at}", 0.1 + at / 1e6) for sign in "abc"))
        for at in range(2_000)
    )
    turn = Conversation((UserMessage((Text("x"),)), AssistantMessage("y", scores=scores)))
    store.update(page, lambda session: replace(session, chat=session.chat.append(turn)))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / 1.5 < store._held[page].history + store._held[page].beside < held * 1.5


def test_the_pages_that_were_chosen_count_too() -> None:
    store = SessionStore()
    page = store.page("a")
    tracemalloc.start()
    choices = {f"/upload/{at}/report.pdf": Choice(pages=tuple(range(at, at + 1_000))) for at in range(0, 20_000, 1_000)}
    store.update(page, lambda session: replace(session, choices=choices))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held / 1.5 < store._held[page].beside < held * 1.5


def test_the_examples_of_a_new_chat_count_too() -> None:
    store = SessionStore()
    page, pair = store.page("a"), (UserMessage((Text("x" * 50_000),), "example-1"), AssistantMessage("y" * 50_000))
    store.update(page, lambda session: replace(session, chat=replace(session.chat, examples=(pair,))))
    assert store._held[page].beside > 100_000


def shares(visitors: int, room: Room) -> Shares:
    """One thing of a kilobyte of each of so many visitors."""
    made = Shares(room)
    for number in range(visitors):
        made.use(f"page {number}", f"visitor {number}")
        made.weigh(f"page {number}", 1_000)
    return made


def test_while_there_is_room_it_costs_the_same_for_few_visitors_and_for_many() -> None:
    few, many = (shares(visitors, Room(50_000, MUCH, MUCH)) for visitors in (500, 50_000))

    def seconds(of: Shares) -> float:
        return min(timeit.repeat(lambda: of.next_to_go(lambda _: False), number=100, repeat=20))

    assert seconds(many) < 10 * seconds(few)  # and not a hundred times that


def test_without_room_what_goes_is_of_whoever_has_most_until_there_is_room() -> None:
    held = shares(5, Room(100, 6_500, 2_500))
    held.use("large", "visitor 3")
    held.weigh("large", 1_200)
    assert held.next_to_go(lambda _: False) is None
    held.weigh("large", 1_600)
    assert held.next_to_go(lambda _: False) == "large"  # together they have too much, and this visitor has
    assert held.next_to_go("large".__eq__) == "page 3"
    assert held.next_to_go(lambda name: name in ("large", "page 3")) == "page 0"
    held.drop("page 0")
    assert held.next_to_go(lambda name: name in ("large", "page 3")) is None  # of others there is room
    held.drop("large")
    assert held.next_to_go(lambda _: False) is None
