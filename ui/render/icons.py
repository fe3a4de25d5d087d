"""The page's icons, as SVG within HTML: lines of one width, on a grid of 24. Pure."""

PATHS = {
    "menu": "M4 6h16M4 12h16M4 18h16",
    "new": "M12 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-6M9 15v-3l8.5-8.5 3 3L12 15z",
    "search": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4",
    "settings": "M4 7h9M19 7h1M4 17h1M11 17h9M16 4.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM8 14.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
    "share": "M12 15V4M8 8l4-4 4 4M5 13v5a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-5",
    "temporary": "M5 20V11a7 7 0 0 1 14 0v9l-2.3-1.8L14.3 20 12 18.2 9.7 20l-2.4-1.8zM9.5 11v.01M14.5 11v.01",
    "copy": "M9 9h11v11H9zM5 15H4V4h11v1",
    "edit": "M4 20l1-4L16.5 4.5l3 3L8 19zM14 7l3 3",
    "again": "M5 12a7 7 0 1 0 2.5-5.4L5 9M5 4v5h5",
    "more": "M5 11.6h.9v.8H5zM11.6 11.6h.9v.8h-.9zM18.1 11.6h.9v.8h-.9z",
    "add": "M12 5v14M5 12h14",
    "send": "M12 19V6M6 11.5L12 5.5l6 6",
    "stop": "M8 8h8v8H8z",
    "close": "M6 6l12 12M18 6L6 18",
    "unfold": "M7 10l5 5 5-5",
    "down": "M12 5v13M6 12.5l6 6 6-6",
    "tool": "M14.5 6.5a4 4 0 0 1 5-1.2l-2.8 2.8.8 2 2 .8 2.2-2.4a4.2 4.2 0 0 1-5.8 5L8 21.2 4.8 18l7.9-7.9a4 4 0 0 1 1.8-3.6z",
    "image": "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9v.01",
    "link": "M10 14a4 4 0 0 0 6 .3l3-3a4 4 0 0 0-5.6-5.6L12 7M14 10a4 4 0 0 0-6-.3l-3 3a4 4 0 0 0 5.6 5.6L12 17",
    "camera": "M4 8h4l1.5-2.5h5L16 8h4v11H4zM12 10.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
    "screen": "M4 5h16v11H4zM9 20h6M12 16v4",
    "compare": "M4 5h6.5v14H4zM13.5 5H20v14h-6.5z",
    "table": "M4 5h16v14H4zM4 9.7h16M4 14.3h16M10 5v14",
    "file": "M6 3.5h8l4 4v13H6zM14 3.5v4h4",
    "chat": "M4 5h16v11h-9l-4 3.5V16H4z",
    "check": "M5 12.5l4.5 4.5L19 7.5",
    "warn": "M12 4l9 16H3zM12 10v4.5M12 17.5v.01",
    "skip": "M6 12h12",
    "clock": "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.5l3 1.5",
}  # fmt: skip


def icon(name: str) -> str:
    """One of them, in the colour of the text around it; what it means is to be said beside it."""
    return f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{PATHS[name]}"/></svg>'
