"""Scenarios: what the simulator can say, read from YAML files."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from workbench.errors import InvalidScenario
from workbench.simulator.document import Field, open_document
from workbench.simulator.script import Script, compile_turn
from workbench.simulator.steps import Timing, Turn, read_timing, read_turn

__all__ = ["Scenario", "Windows", "folder_of_scenarios", "load_all", "load_file", "parse"]

# A background response begins with created, queued and in_progress, and ends with a terminal.
_FRAME_EVENTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How long a response can be had; None leaves it to the simulator."""

    stream_s: float | None = None  # age until which it can be streamed again
    data_s: float | None = None  # seconds after its end until it is deleted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """One scripted exchange: its turns, and what a list shows of it."""

    name: str
    title: str
    description: str
    turns: tuple[Turn, ...]
    model: str | None = None
    windows: Windows = Windows()

    @property
    def expected_events(self) -> int:
        """How many events the first turn has as a background response."""
        return len(self.first_script.beats) + _FRAME_EVENTS

    @property
    def duration(self) -> float:
        """Seconds that the first turn takes at speed 1 as a background response, seed 0."""
        timing = self.turns[0].timing
        return timing.accept + timing.queued + self.first_script.duration

    @property
    def first_script(self) -> Script:
        return compile_turn(self.turns[0], f"{self.name}/0/0", {})


def folder_of_scenarios() -> Path:
    """Beside the package in a checkout; inside it once installed."""
    package = Path(__file__).parents[1]
    checkout = package.parent / "data" / "scenarios"
    return checkout if checkout.is_dir() else package / "share" / "scenarios"


def load_all(folder: Path | None = None) -> dict[str, Scenario]:
    """Every scenario of the folder by name; read once."""
    return dict(_load_folder(folder or folder_of_scenarios()))


@lru_cache(maxsize=8)
def _load_folder(folder: Path) -> Mapping[str, Scenario]:
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise InvalidScenario(f"{folder} holds no scenario (*.yaml)")
    return {path.stem: load_file(path) for path in files}


def load_file(path: Path) -> Scenario:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidScenario(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise InvalidScenario(f"{path}, line {line}: not UTF-8 text: {error.reason}") from error
    return parse(text, name=path.stem, file=str(path))


def parse(text: str, *, name: str, file: str = "scenario") -> Scenario:
    document = open_document(file, text)
    fields = document.mapping(
        ("title", "description", "model", "timing", "windows", "steps", "ending", "then"),
        ("title", "description", "steps"),
    )
    timing = read_timing(fields["timing"], Timing()) if "timing" in fields else Timing()
    own = {key: value for key, value in fields.items() if key != "timing"}
    further = [_read_further(each, timing) for each in _items(fields.get("then"))]
    return Scenario(
        name=name,
        title=fields["title"].text(),
        description=" ".join(fields["description"].text().split()),
        model=fields["model"].text() if "model" in fields else None,
        windows=_read_windows(fields["windows"]) if "windows" in fields else Windows(),
        turns=(read_turn(document, own, timing), *further),
    )


def _items(field: Field | None) -> list[Field]:
    return field.items() if field else []


def _read_further(item: Field, timing: Timing) -> Turn:
    return read_turn(item, item.mapping(("steps", "ending", "timing"), ("steps",)), timing)


def _read_windows(item: Field) -> Windows:
    fields = item.mapping(("stream_s", "data_s"))
    return Windows(**{name: value.number() for name, value in fields.items()})
