"""Work done a few pieces ahead, in threads, and handed over in turn."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Done = TypeVar("Done")


def in_turn(work: Callable[[Piece], Done], pieces: Iterable[Piece]) -> Iterator[Done]:
    """Yield the work done on each piece, in order; never more pieces are held than there are processors, and one.

    Arrow and NumPy leave the interpreter while they compute, so threads are enough.
    """
    processors = len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(processors) as threads:
        ahead: deque[Future[Done]] = deque()
        for piece in pieces:
            ahead.append(threads.submit(work, piece))
            if len(ahead) > processors:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
