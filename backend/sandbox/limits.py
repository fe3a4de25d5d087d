"""Limits that a process sets itself before it does a visitor's work. Windows has none of them."""

import contextlib
import signal

PATIENCE = 5  # seconds on the clock for each of processor time: on a busy machine a process gets little of it
START_SECONDS = 10.0  # of processor time, for a process that starts


def limit(memory: int) -> None:
    """At most so many bytes of address space, and no core dump."""
    try:
        import resource
    except ImportError:
        return
    for kind, wanted in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        least = min(most for most in (wanted, resource.getrlimit(kind)[1]) if most != resource.RLIM_INFINITY)
        with contextlib.suppress(OSError, ValueError):  # macOS refuses less than what is mapped
            resource.setrlimit(kind, (least, least))


def end_after(seconds: float, clock: float | None = None) -> None:
    """Ends this process after so many more seconds of processor time, all its threads together; 0 lets it live.

    A process that does not use its time, as one that sleeps, ends after `clock` seconds, or PATIENCE times as many.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds if clock is None else clock)


def ran_out_of_time(code: int) -> bool:
    """Whether it is this limit that ended a process with this exit code."""
    return hasattr(signal, "setitimer") and -code in (signal.SIGPROF, signal.SIGALRM)
