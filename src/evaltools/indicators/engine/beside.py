"""Two processes work through one list of jobs: threads would wait for their turn at the interpreter a third of the time."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

_log = logging.getLogger("evaltools.indicators")
_STOPPED = 1
_TICKET = 2


def is_possible() -> bool:
    """Whether a process can be copied (Linux), this one may have another, and there is a processor for it."""
    return sys.platform == "linux" and not multiprocessing.current_process().daemon and len(os.sched_getaffinity(0)) > 1


def done(
    jobs: Mapping[str, Callable[[], Any]], finished: Callable[[str, Any], Any], own: Iterable[tuple[str, Callable[[], Any]]] = ()
) -> dict[str, Any]:
    """What the jobs give, by name. Each process takes the next one of the list when it is free.

    finished : makes of what a job gave what is wanted of it, here, while the second process works; own : jobs done here alone,
    before those of the list. The second process is a copy of this one: it sees all that has been read, and hands its results
    over in files. What it leaves undone, because a job failed or it was killed, is done here: an error is raised where it can
    be read.
    """
    context = multiprocessing.get_context("fork")
    news, writer = context.Pipe(duplex=False)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="evaltools-") as folder, news, _tickets(len(jobs)) as tickets:
        other = context.Process(target=_hand_over, args=(jobs, tickets, writer, Path(folder)), daemon=True)
        other.start()
        writer.close()
        try:
            for name, job in chain(own, ((name, jobs[name]) for name in _next(jobs, tickets))):
                found[name] = finished(name, job())
                found.update((n, finished(n, x)) for n, x in _handed_over(news, Path(folder), wait=False))
            found.update((n, finished(n, x)) for n, x in _handed_over(news, Path(folder), wait=True))
        except BaseException:
            other.kill()
            raise
        finally:
            other.join()
    left = [name for name in jobs if name not in found]
    if left:
        _log.warning("the second process ended early (status %s): what it left undone is done here", other.exitcode)
    return found | {name: finished(name, jobs[name]()) for name in left}


def _handed_over(news: Any, folder: Path, wait: bool) -> Iterator[tuple[str, Any]]:
    """Names and results of the files that the second process has written since; wait : until it says that there are no more,
    or ends."""
    while wait or news.poll():
        try:
            path = folder / str(news.recv())
        except (EOFError, OSError):  # it has ended, perhaps amid a word: what is missing is seen by name, and done again
            return
        yield pickle.loads(path.read_bytes())
        path.unlink()


@contextmanager
def _tickets(count: int) -> Iterator[int]:
    """A pipe with the numbers of the jobs: who reads one has it, and there is nothing to lock that a process which is killed
    could leave locked."""
    reader, writer = os.pipe()
    try:
        with os.fdopen(writer, "wb") as file:
            file.write(b"".join(i.to_bytes(_TICKET) for i in range(count)))
        yield reader
    finally:
        os.close(reader)


def _next(jobs: Mapping[str, Any], tickets: int) -> Iterator[str]:
    """Names of jobs, until none is left for either process."""
    names = list(jobs)
    while ticket := os.read(tickets, _TICKET):
        yield names[int.from_bytes(ticket)]


def _hand_over(jobs: Mapping[str, Callable[[], Any]], tickets: int, news: Any, folder: Path) -> None:
    """Do jobs in the second process; a file is announced when it is whole. It stops at the first error, without a word
    and without what a process does at its end: that is the first one's."""
    try:
        for number, name in enumerate(_next(jobs, tickets)):
            with (folder / str(number)).open("wb") as file:
                pickle.dump((name, jobs[name]()), file, protocol=5)
            news.send(number)
        news.close()
    except BaseException:  # not lost: the first process misses the result, does the job again, and raises what this one met
        os._exit(_STOPPED)
