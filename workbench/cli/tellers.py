"""Ways to tell a run while it goes on: as entries, as text in a pipe, live to a person."""

import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from workbench.cli.notes import note
from workbench.cli.screen import is_person, out, say, side, visible, write, write_json
from workbench.events import Entry
from workbench.state import RunState

__all__ = ["Teller", "teller"]

_RATE_S = 3.0
_TAIL_LINES = 6


class Teller(Protocol):
    def tell(self, entries: Sequence[Entry]) -> None:
        """These come next."""

    def close(self) -> None:
        """Nothing more comes, or nobody listens any longer."""


def teller(
    state: RunState, *, as_json: bool = False, silent: bool = False, expected: int | None = None
) -> Teller:
    """The one that suits where stdout and stderr go; `silent` keeps stdout for later."""
    if as_json:
        return EntryLines()
    if is_person() and not silent:
        return LiveTeller(out(), state, text=True, expected=expected)
    told: Teller = TextPipe(state) if not silent else Silence(state)
    if side().is_terminal:
        live = LiveTeller(side(), state, text=False, folds=False, expected=expected)
        return Both(told, live)
    return Both(told, Remarks())


class EntryLines:
    """One entry a line, as JSON; it needs to know nothing of those before."""

    def tell(self, entries: Sequence[Entry]) -> None:
        write_json(*(entry._asdict() for entry in entries))

    def close(self) -> None:
        """Nothing is held back."""


class Silence:
    """Folds and prints nothing."""

    def __init__(self, state: RunState) -> None:
        self._state = state

    def tell(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._state.add(entry)

    def close(self) -> None:
        """There is nothing to end."""


class TextPipe:
    """The visible text as it grows, and a line end after the last of it."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self._growth = Growth(state)

    def tell(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._state.add(entry)
        if more := self._growth.more():
            write(more)

    def close(self) -> None:
        if self._growth.shown and not self._growth.shown.endswith("\n"):
            write("\n")


class Remarks:
    """What happened on the way, as plain lines on stderr."""

    def tell(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if said := note(entry):
                say(visible(said))

    def close(self) -> None:
        """Remarks are whole."""


class Both:
    def __init__(self, first: Teller, second: Teller) -> None:
        self._tellers = (first, second)

    def tell(self, entries: Sequence[Entry]) -> None:
        for one in self._tellers:
            one.tell(entries)

    def close(self) -> None:
        for one in self._tellers:
            one.close()


class Growth:
    """What is new of a text that nearly always only grows."""

    def __init__(self, state: RunState) -> None:
        self._state = state
        self.shown = state.text
        self.contradicted = False

    def more(self) -> str:
        text = self._state.text
        if not text.startswith(self.shown):
            # A repair: what is printed cannot be taken back.
            self.contradicted = True
            return ""
        new, self.shown = text[len(self.shown) :], text
        return new


class LiveTeller:
    """Whole lines scroll by; the line that grows and the status stay below them."""

    def __init__(
        self,
        console: Console,
        state: RunState,
        *,
        text: bool,
        folds: bool = True,
        expected: int | None = None,
    ) -> None:
        self._state = state
        self._expected = expected
        self._folds = folds
        self._shows_text = text
        self._growth = Growth(state)
        self._line = ""  # the last line, while it grows
        self._thinks = False  # a summary grows
        self._thought = ""
        self._summaries = len(state.summaries)
        self._tools = {tool.output_index for tool in state.tools}
        self._began = time.monotonic()
        self._pace: deque[tuple[float, int]] = deque([(self._began, state.cursor)])
        self._spinner = Spinner("dots", style="cyan")
        self._console = console
        self._live = Live(
            console=console, transient=True, refresh_per_second=10, get_renderable=self._below
        )
        self._live.start()

    def tell(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            if self._folds:
                self._state.add(entry)
            if said := note(entry):
                self._console.print(Text(f"  ⚡ {visible(said)}", style="yellow"))
            if (kind := str(entry.event["type"])).startswith("response."):
                self._thinks = kind.startswith("response.reasoning") and kind.endswith(".delta")
        self._tell_thoughts()
        self._tell_tools()
        if self._shows_text and (more := self._growth.more()):
            *whole, self._line = (self._line + visible(more)).split("\n")
            if whole:
                self._print(Text("\n".join(whole)))
                self._live.refresh()  # the line that has just scrolled by is not to stay below, too
        now = time.monotonic()
        self._pace.append((now, self._state.cursor))
        while len(self._pace) > 2 and now - self._pace[0][0] > _RATE_S:
            self._pace.popleft()

    def close(self) -> None:
        if self._thought:
            self._thinks = False
            self._tell_thoughts()
        line, self._line = self._line, ""
        self._live.stop()
        if line:
            self._console.print(Text(line))

    def _tell_thoughts(self) -> None:
        summaries = self._state.summaries
        known = len(summaries) - (1 if self._thinks and summaries else 0)
        for summary in summaries[self._summaries : known]:
            self._print(Text(f"{visible(summary).strip()}\n", style="dim italic"))
        self._summaries = max(self._summaries, known)
        self._thought = "".join(summaries[self._summaries :])

    def _tell_tools(self) -> None:
        for tool in self._state.tools:
            if tool.output_index not in self._tools and tool.status != "in_progress":
                self._tools.add(tool.output_index)
                call = f"{tool.name or tool.kind}({visible(tool.arguments)})"
                self._print(Text(f"  ⚙ {call}", style="cyan"))

    def _print(self, what: Text) -> None:
        if self._shows_text:
            self._console.print(what)

    def _below(self) -> RenderableType:
        """Also called by the thread that redraws; it reads and changes nothing."""
        growing = [Text(line) for line in self._tail(self._line)]
        thought = [Text(line, style="dim italic") for line in self._tail(visible(self._thought))]
        return Group(*(thought if self._shows_text else []), *growing, self._status())

    def _tail(self, text: str) -> list[str]:
        """The last lines of what grows: more would push the status off the screen."""
        room = max(self._console.width - 1, 20) * _TAIL_LINES
        return text[-room:].split("\n")[-_TAIL_LINES:] if text else []

    def _status(self) -> RenderableType:
        (then, before), (now, cursor) = self._pace[0], self._pace[-1]
        silent = time.monotonic() - now > _RATE_S
        rate = 0.0 if silent or now == then else (cursor - before) / (now - then)
        said = " · ".join(
            [
                str(self._state.phase).replace("_", " "),
                f"cursor {self._state.cursor:,}{self._share}",
                f"{rate:.0f} events/s",
                f"{self._state.characters:,} characters",
                f"{time.monotonic() - self._began:.0f} s",
                "Ctrl-C detaches",
            ]
        )
        grid = Table.grid(padding=(0, 1))
        grid.add_row(self._spinner, Text(said, style="dim", no_wrap=True, overflow="ellipsis"))
        return grid

    @property
    def _share(self) -> str:
        """Of what is expected; facts count as well, so it may pass the whole before the end."""
        if not self._expected:
            return ""
        return f" ({min(self._state.cursor * 100 // self._expected, 100)} %)"
