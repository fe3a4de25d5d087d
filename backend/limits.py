"""Limits that a process sets itself before it does a visitor's work."""


def limit(memory: int, processor_seconds: int | None = None) -> None:
    """At most so many bytes of address space and seconds of processor time, and no core dump; Windows has no limits."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if processor_seconds:
        resource.setrlimit(resource.RLIMIT_CPU, (processor_seconds, processor_seconds))
