"""Options that several verbs share, each written once."""

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

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="The folder of runs; WORKBENCH_DATA otherwise.",
        show_default=False,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="A run's id, or `last` for the newest.")]
After = Annotated[
    int, typer.Option("--after", metavar="CURSOR", help="Begin after this cursor.", min=0)
]

ProviderName = Annotated[
    str | None,
    typer.Option("--provider", help="simulator, openai, openrouter or chat.", show_default=False),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        "--base-url", metavar="URL", help="Where the provider listens.", show_default=False
    ),
]
Model = Annotated[
    str | None, typer.Option("--model", help="The model to ask for.", show_default=False)
]
TransportName = Annotated[
    str | None,
    typer.Option("--transport", help="stream, sync, background or poll.", show_default=False),
]
ScenarioName = Annotated[
    str | None,
    typer.Option("--scenario", help="What the simulator says.", show_default=False),
]
FaultText = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        help="A fault of the simulator, such as cut@event:40; may be repeated.",
        show_default=False,
    ),
]
Speed = Annotated[
    float | None,
    typer.Option(
        "--speed", help="How fast the simulator is: 1 real time, 0 at once.", show_default=False
    ),
]
Seed = Annotated[
    int | None,
    typer.Option("--seed", help="What the simulator's chance is drawn from.", show_default=False),
]
Effort = Annotated[
    str | None,
    typer.Option("--effort", help="Reasoning effort: low, medium, high …", show_default=False),
]
Instructions = Annotated[
    str | None,
    typer.Option("--instructions", help="What the developer says.", show_default=False),
]
Temperature = Annotated[
    float | None, typer.Option("--temperature", help="Sampling temperature.", show_default=False)
]
MaxOutputTokens = Annotated[
    int | None,
    typer.Option("--max-output-tokens", help="Tokens after which to stop.", show_default=False),
]
OnLostPolicy = Annotated[
    str | None,
    typer.Option(
        "--on-lost",
        help="When nothing more can be had: interrupt, or regenerate (pays again).",
        show_default=False,
    ),
]
