"""Recorded provider streams, with what their index says of them."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.needs import recordings
from workbench.events import Translated
from workbench.state import RunState
from workbench.wire.translate import ChatTranslator, ResponsesTranslator

__all__ = ["Recording", "fold_chunks", "of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    name: str
    api: str
    frames: int
    has_reasoning: bool
    has_tools: bool
    characters: int
    terminal: str

    def read(self) -> bytes:
        return (recordings() / self.name).read_bytes()

    def translator(self) -> ResponsesTranslator | ChatTranslator:
        return ResponsesTranslator() if self.api == "responses" else ChatTranslator()


def of(folder: Path, *apis: str) -> list[Recording]:
    """The recordings of these APIs; none where there is no folder."""
    if not (folder / "INDEX.tsv").is_file():
        return []
    with (folder / "INDEX.tsv").open(encoding="utf-8", newline="") as index:
        return [
            Recording(
                name=row["file"],
                api=row["api"],
                frames=int(row["n_events"]),
                has_reasoning=row["reasoning"] == "Y",
                has_tools=row["tools"] == "Y",
                characters=int(row["final_text_len"] or 0),
                terminal=row["terminal"],
            )
            for row in csv.DictReader(index, delimiter="\t")
            if row["api"] in apis
        ]


def fold_chunks(
    recording: Recording, chunks: Sequence[bytes]
) -> tuple[RunState, list[Translated], int]:
    """The state, the events and the number of frames of a recording that arrives in chunks."""
    translator = recording.translator()
    found = [one for chunk in chunks for one in translator.feed(chunk)]
    found += translator.finish()
    state = RunState()
    for _, event in found:
        state.add_event(event)
    return state, found, translator.frames
