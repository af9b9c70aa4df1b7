"""One line on stderr for those who wait."""

from __future__ import annotations

import sys
import time

FIRST_AFTER_SECONDS = 2.0
BAR_WIDTH = 24


class Progress:
    """Days done, events and rate; silent for the first two seconds."""

    def __init__(self, days: int) -> None:
        self.days = days
        self._began = self._shown = time.monotonic()
        self._is_shown = False

    def update(self, days: int, events: int) -> None:
        """Say that so many days and events are done."""
        now = time.monotonic()
        every = 0.2 if sys.stderr.isatty() else 5.0
        late_enough = now - self._began >= FIRST_AFTER_SECONDS
        if not late_enough or (self._is_shown and now - self._shown < every):
            return
        self._shown, self._is_shown = now, True
        filled = BAR_WIDTH * days // self.days
        bar = "#" * filled + "." * (BAR_WIDTH - filled)
        rate = events / (now - self._began)
        text = f"[{bar}] day {days}/{self.days}  {events:,} events  {rate:,.0f}/s"
        end = "\r" if sys.stderr.isatty() else "\n"
        print(text, end=end, file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the line, if there is one."""
        if self._is_shown and sys.stderr.isatty():
            print(file=sys.stderr)
