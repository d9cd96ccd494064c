"""The cloud's clock: real time plus an offset that tests increase; it may start in the past.

Timers run at a moment of this clock. In real time a thread runs them; `advance` runs every timer that becomes due, in
order. Timers run one at a time, so work that takes long starts a thread of its own. `settle`, if set, waits for such
threads, so that the clock does not advance while they work.
"""

import heapq
import itertools
import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)

Work = Callable[[], object]


@dataclass(order=True)
class Timer:
    """Work to run at a moment; timers are ordered by moment, then by creation."""

    when: float
    order: int
    work: Work = field(compare=False, repr=False)
    interval: float = field(default=0.0, compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        """Stop further runs; work that is running is not stopped."""
        self.cancelled = True


class Clock:
    """Epoch seconds that never decrease, and timers; the clock starts `behind` seconds ago."""

    def __init__(self, *, behind: float = 0.0) -> None:
        self.settle: Work = lambda: None
        self._offset = -behind
        self._held: float | None = None
        self._orders = itertools.count()
        self._timers: list[Timer] = []
        self._changed = threading.Condition()
        self._running = threading.RLock()
        self._stopped = False
        self._thread = threading.Thread(target=self._keep, name="clock", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """Return seconds since the epoch; while a timer runs in `advance`, exactly the moment it was due."""
        held = self._held
        return time.time() + self._offset if held is None else held

    @property
    def offset(self) -> float:
        """Seconds by which this clock is ahead of the machine's clock; negative if it is behind."""
        return self.now() - time.time()

    def at(self, when: float, work: Work) -> Timer:
        """Run `work` at that moment, or now if the moment is past."""
        return self._add(Timer(when, next(self._orders), work))

    def after(self, seconds: float, work: Work) -> Timer:
        """Run `work` after this many seconds."""
        return self.at(self.now() + seconds, work)

    def every(self, seconds: float, work: Work) -> Timer:
        """Run `work` repeatedly, for the first time after one interval."""
        return self._add(Timer(self.now() + seconds, next(self._orders), work, interval=seconds))

    def advance(self, seconds: float) -> float:
        """Advance the clock, running every timer that becomes due, in order; return the new time."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"the clock cannot advance by {seconds} seconds")
        with self._running:
            self._held = self.now()
            target = self._held + seconds
            self.settle()
            while (timer := self._take(target)) is not None:
                self._held = max(self._held, timer.when)
                self._run(timer)
                self.settle()
            with self._changed:
                self._offset = target - time.time()
                self._held = None
                self._changed.notify()
            return target

    def stop(self) -> None:
        """Run no timer any more."""
        with self._changed:
            self._stopped = True
            self._timers.clear()
            self._changed.notify()

    def _add(self, timer: Timer) -> Timer:
        with self._changed:
            if not self._stopped:
                heapq.heappush(self._timers, timer)
                self._changed.notify()
        return timer

    def _take(self, until: float) -> Timer | None:
        """Remove and return the next timer that is due by then."""
        with self._changed:
            while self._timers and (self._timers[0].cancelled or self._timers[0].when <= until):
                timer = heapq.heappop(self._timers)
                if not timer.cancelled:
                    return timer
        return None

    def _run(self, timer: Timer) -> None:
        try:
            timer.work()
        except Exception:
            logger.exception("work due at %.3f failed", timer.when)
        if timer.interval and not timer.cancelled:
            # The same timer, so that cancel() still works.
            timer.when += timer.interval
            timer.order = next(self._orders)
            self._add(timer)

    def _keep(self) -> None:
        while not self._stopped:
            with self._running:
                timer = self._take(self.now())
                if timer:
                    self._run(timer)
            if timer is None:
                self._sleep()

    def _sleep(self) -> None:
        with self._changed:
            if self._stopped:
                return
            # `advance` changes this time and notifies.
            wait = self._timers[0].when - self.now() if self._timers else None
            if wait is None or wait > 0:
                self._changed.wait(wait)
