"""What every screen of ours is in a notebook: the shared live view with traits both ways.

Traits hold what a cell may want to read or set, and what survives a reload of the page. The
entries themselves are no trait, nor is the code of the view: the page asks for them and gets them
as messages, so that a saved notebook stays small.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import anywidget
import traitlets as t

from workbench.errors import WorkbenchError
from workbench.service import Run
from workbench.static import digest, loader, module
from workbench.widgets.feed import Feed
from workbench.widgets.picture import Pictured

__all__ = ["SPEEDS", "Screen"]

# What the view offers; 0 is at once.
SPEEDS: Final = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 0.0)


class Screen(Pictured, anywidget.AnyWidget):  # type: ignore[misc]  # it ships no types
    """One view of one or more runs, or of a grid; the classes that users make derive from it."""

    _esm = loader()

    module = t.Unicode().tag(sync=True)
    hiding = t.Unicode().tag(sync=True)  # the style that hides the picture

    mode = t.Unicode("live").tag(sync=True)
    run = t.Unicode("").tag(sync=True)
    options = t.Dict().tag(sync=True)

    position = t.Int(None, allow_none=True, min=0).tag(sync=True)
    speed = t.Float(1.0).tag(sync=True)
    playing = t.Bool(False).tag(sync=True)
    selection = t.List(t.Int(), allow_none=True, default_value=None).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        self._feeds: dict[str, Feed] = {}
        self._served: dict[str, Run] = {}
        self._awaited: set[str] = set()  # runs that had not ended when the picture was drawn
        self._listeners: list[Callable[[dict[str, Any]], None]] = []
        super().__init__(**traits)
        self.on_msg(self._receive)

    @t.default("module")
    def _the_present_one(self) -> str:
        return digest()

    @t.default("hiding")
    def _its_own_picture(self) -> str:
        return self.hiding_style

    @t.validate("speed")
    def _one_of_the_speeds(self, proposal: Any) -> float:
        if proposal["value"] not in SPEEDS:
            offered = ", ".join(f"{speed:g}" for speed in SPEEDS)
            raise t.TraitError(f"The speed is one of {offered} (0 is at once).")
        return float(proposal["value"])

    @t.validate("selection")
    def _a_range(self, proposal: Any) -> list[int] | None:
        value: list[int] | None = proposal["value"]
        if value is not None and not (len(value) == 2 and 0 <= value[0] < value[1]):
            raise t.TraitError("A selection is [from, to] with from before to, or None.")
        return value

    def serve(self, runs: Sequence[Run]) -> None:
        """Answer for these runs, and for no others."""
        self._served = {run.id: run for run in runs}
        for gone in self._feeds.keys() - self._served.keys():
            self._feeds.pop(gone).close()
        for run in runs:
            if run.id not in self._feeds:
                self._feeds[run.id] = Feed(run.log, run.id, self.send, self._end)

    def listen(self, act: Callable[[dict[str, Any]], None]) -> None:
        """Hear what a person does in the view: `{"name", "run", "detail"}`."""
        self._listeners.append(act)

    def push(self) -> None:
        """Send without having been asked, for views that a busy kernel cannot hear."""
        self._send_module()
        for feed in self._feeds.values():
            if not feed.is_ended:
                self._awaited.add(feed.run)
            feed.push()

    def _end(self, run: str) -> None:
        """One run has ended and all of it was sent."""
        if run in self._awaited:
            self._awaited.discard(run)
            if not self._awaited:
                self.redraw()

    def _receive(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        match message.get("type"):
            case "sync":
                if feed := self._feeds.get(message.get("run", "")):
                    feed.sync(max(0, int(message.get("after", 0))))
            case "module":
                self._send_module()
            case "event":
                for act in self._listeners:
                    act(message)
            case "raw":
                self.send(self._raw(message))

    def _send_module(self) -> None:
        self.send({"type": "module", "text": module()})

    def _raw(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to a view that wants to see the stored text of an entry, or its beginning."""
        answer = {"type": "raw", "run": message.get("run", ""), "ask": message.get("ask")}
        try:
            stored = self._served[answer["run"]].raw(int(message.get("cursor", 0)))
        except KeyError:
            return {**answer, "error": "This view does not show that run."}
        except WorkbenchError as error:
            return {**answer, "error": str(error)}
        most = message.get("most")
        return {
            **answer,
            "text": stored.head(most if isinstance(most, int) else None),
            "bytes": len(stored.json),
            "source": stored.source,
        }

    def close(self) -> None:
        """Take the widget off the page and end its threads; its runs go on."""
        # A widget whose constructor refused its arguments is closed too, when it is forgotten.
        if hasattr(self, "_feeds"):
            self.serve([])
        super().close()
