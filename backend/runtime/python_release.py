"""Which Pythons have holes that a visitor can reach."""

# Of each Python that the app runs with, the release with which it had no known hole any more that a visitor can reach:
# https://www.cve.org/CVERecord?id=CVE-2024-7592 (cookies), CVE-2024-8088 (zip files)
SAFE = ((3, 11, 10), (3, 12, 6))
OLD_PYTHON = "Python {} has security holes that later versions fixed. Update it before strangers can reach the app."


def is_old(version: tuple[int, ...]) -> bool:
    """Whether a Python has holes that a visitor can reach, and that a later release of it closed."""
    return any(version[:2] == safe[:2] and version < safe for safe in SAFE)
