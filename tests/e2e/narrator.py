"""Tells a story on a terminal: numbered steps, who says what, what was checked."""

import sys
import textwrap
import time

WIDTH = 100


class StepFailed(Exception):
    pass


class Narrator:
    def __init__(self):
        self._number = 0
        self._bold, self._dim, self._green, self._plain = (
            ("\033[1m", "\033[2m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("",) * 4)

    def step(self, title):
        self._number += 1
        print(f"\n{self._bold}{self._number:2}. {title}{self._plain}", flush=True)

    def says(self, who, to, text):
        """A message, as it stands in a chat window."""
        print(f"    {self._bold}{who}{self._plain} → {to}")
        self._quote(text)

    def shows(self, text):
        """A mail or a form."""
        self._quote(text)

    def runs(self, command, output):
        """A program on the operator's terminal."""
        print(f"    {self._bold}$ {command}{self._plain}")
        for line in output.rstrip().splitlines():
            print(f"      {line}".rstrip())
        print(flush=True)

    def checked(self, fact, holds=True):
        if not holds:
            raise StepFailed(f"it should be so, but is not: {fact}")
        print(f"    {self._green}✓{self._plain} {fact}", flush=True)

    def timed(self, fact, start):
        self.checked(f"{fact} after {(time.monotonic() - start) * 1000:.0f} ms")

    def _quote(self, text):
        for line in text.rstrip().splitlines() or [""]:
            for part in textwrap.wrap(line, WIDTH, replace_whitespace=False,
                                      drop_whitespace=False) or [""]:
                print(f"      {self._dim}│{self._plain} {part}".rstrip())
        sys.stdout.flush()
