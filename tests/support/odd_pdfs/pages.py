"""Trees of pages that turn in circles, that lie or that have no end."""

from collections.abc import Callable

from tests.support.odd_pdfs.raw import PAGE, simple

COUNT = b"/Count 1 >>"


def tree(kids: bytes, count: int) -> bytes:
    return b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, count)


def deep(levels: int) -> bytes:
    """Each level of the tree has one kid, the next level."""
    nodes = {number: tree(b"%d 0 R" % (number + 1), 1) for number in range(10, 10 + levels)}
    return simple(changes={2: tree(b"10 0 R", 1), **nodes, 10 + levels: PAGE})


def many(count: int) -> bytes:
    """Pages of their own, a hundred to a node."""
    nodes, page = {}, PAGE.replace(b"/Contents 8 0 R ", b"")
    first = 100 + count // 100
    for node in range(count // 100):
        numbers = range(first + 100 * node, first + 100 * (node + 1))
        nodes[100 + node] = tree(b" ".join(b"%d 0 R" % number for number in numbers), 100)
        nodes.update(dict.fromkeys(numbers, page))
    return simple(
        changes={2: tree(b" ".join(b"%d 0 R" % (100 + node) for node in range(count // 100)), count), **nodes}
    )


FILES: dict[str, Callable[[], bytes]] = {
    "no pages": lambda: simple(changes={2: tree(b"", 0)}),
    "no tree of pages": lambda: simple(changes={1: b"<< /Type /Catalog >>"}),
    "a tree that is its own branch": lambda: simple(changes={2: tree(b"2 0 R", 1)}),
    "a tree that is its own branch, beside a page": lambda: simple(changes={2: tree(b"3 0 R 2 0 R", 2)}),
    "two branches that hold each other": lambda: simple(
        changes={2: tree(b"10 0 R", 9), 10: tree(b"11 0 R", 9), 11: tree(b"10 0 R", 9)}
    ),
    "a page whose parent is itself": lambda: simple(
        changes={3: b"<< /Type /Page /Parent 3 0 R /Contents 8 0 R >>"}
    ),
    "a tree 500 deep": lambda: deep(500),
    "a tree 50,000 deep": lambda: deep(50_000),
    "one page, and a million claimed": lambda: simple(changes={2: tree(b"3 0 R", 1_000_000)}),
    "one page, and -1 claimed": lambda: simple(changes={2: tree(b"3 0 R", -1)}),
    "three pages, and one claimed": lambda: simple(changes={2: tree(b"3 0 R 3 0 R 3 0 R", 1)}),
    "a million times the same page": lambda: simple(changes={2: tree(b"3 0 R " * 1_000_000, 1_000_000)}),
    "100,000 pages": lambda: many(100_000),
    "a page that is missing between two": lambda: simple(changes={2: tree(b"3 0 R 99 0 R 3 0 R", 3)}),
    "a page that is a number between two": lambda: simple(changes={2: tree(b"3 0 R 5 3 0 R", 3)}),
    "a page that is a font": lambda: simple(changes={2: tree(b"7 0 R", 1)}),
}  # fmt: skip
