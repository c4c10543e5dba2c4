"""Options that several verbs share, each written once."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "After",
    "BaseUrl",
    "Data",
    "Effort",
    "FaultText",
    "Instructions",
    "Json",
    "LostAfter",
    "MaxOutputTokens",
    "Model",
    "OnLostPolicy",
    "ProviderName",
    "RunId",
    "ScenarioName",
    "Seed",
    "Speed",
    "Temperature",
    "TransportName",
]

# Without one, something else decides, so the help shows no default.
_optional = partial(typer.Option, show_default=False)

Data = Annotated[
    Path | None,
    _optional("--data", metavar="DIR", help="The folder of runs; WORKBENCH_DATA otherwise."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="A run's id, or `last` for the newest.")]
After = Annotated[
    int, typer.Option("--after", metavar="CURSOR", help="Begin after this cursor.", min=0)
]

ProviderName = Annotated[
    str | None, _optional("--provider", help="simulator, openai, openrouter or chat.")
]
BaseUrl = Annotated[
    str | None, _optional("--base-url", metavar="URL", help="Where the provider listens.")
]
Model = Annotated[str | None, _optional("--model", help="The model to ask for.")]
TransportName = Annotated[
    str | None, _optional("--transport", help="stream, sync, background or poll.")
]
ScenarioName = Annotated[str | None, _optional("--scenario", help="What the simulator says.")]
FaultText = Annotated[
    list[str] | None,
    _optional("--fault", help="A fault of the simulator, such as cut@event:40; may be repeated."),
]
Speed = Annotated[
    float | None, _optional("--speed", help="How fast the simulator is: 1 real time, 0 at once.")
]
Seed = Annotated[int | None, _optional("--seed", help="What the simulator's chance is drawn from.")]
Effort = Annotated[str | None, _optional("--effort", help="Reasoning effort: low, medium, high …")]
Instructions = Annotated[str | None, _optional("--instructions", help="What the developer says.")]
Temperature = Annotated[float | None, _optional("--temperature", help="Sampling temperature.")]
MaxOutputTokens = Annotated[
    int | None, _optional("--max-output-tokens", help="Tokens after which to stop.")
]
OnLostPolicy = Annotated[
    str | None,
    _optional(
        "--on-lost", help="When nothing more can be had: interrupt, or regenerate (pays again)."
    ),
]
LostAfter = Annotated[
    float | None,
    _optional(
        "--lost-after", metavar="SECONDS", help="Give up after so long without anything new: 120."
    ),
]
