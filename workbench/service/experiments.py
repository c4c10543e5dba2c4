"""Which lab is meant: our own matrix, somebody else's client, or a provider that costs money."""

from collections.abc import Callable, Sequence
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from workbench.errors import InvalidSetting
from workbench.events import Transport
from workbench.lab.cells import FAULTS, Reading
from workbench.lab.foreign import judge_client
from workbench.lab.lab import cells_of, run_lab
from workbench.lab.paid import PAID_FAULTS, paid_cells, run_paid_lab
from workbench.lab.report import LabReport
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.service.workbench import Workbench

__all__ = ["lab"]


def lab(
    workbench: "Workbench",
    *,
    scenarios: Sequence[str] | None = None,
    faults: Sequence[str] | None = None,
    transports: Sequence[Transport] | None = None,
    readings: Sequence[Reading] | None = None,
    keep: bool = False,
    client: str | None = None,
    provider: str | None = None,
    base_url: str | None = None,
    model: str | None = None,
    confirm: Callable[[str], bool] | None = None,
    **options: Any,
) -> LabReport:
    """What `Workbench.lab` does."""
    if client is not None:
        return judge_client(
            client, scenarios=scenarios or ("short",), faults=faults or FAULTS, **options
        )
    if provider not in {None, "simulator"} or base_url is not None:
        name = provider or "simulator"
        url = base_url or _base_url(workbench.settings, name)
        cells = paid_cells(model or name, faults or PAID_FAULTS, transports or ("background",))
        if confirm is None:
            raise InvalidSetting(
                f"The lab at {url} costs money: give it a function `confirm` that is asked first."
            )
        return run_paid_lab(
            workbench, cells, provider=name, base_url=url, model=model, confirm=confirm, **options
        )
    cells = cells_of(
        scenarios, faults, transports, readings, offline_s=options.get("offline_s", 5.0)
    )
    if keep:
        return run_lab(workbench, cells, **options)
    with (
        TemporaryDirectory(prefix="workbench-lab-") as folder,
        type(workbench)(folder, settings=workbench.settings) as own,
    ):
        return run_lab(own, cells, **options)


def _base_url(settings: Settings, provider: str) -> str:
    known = {
        "openai": settings.openai_base_url or "https://api.openai.com/v1",
        "openrouter": settings.openrouter_base_url,
        "chat": settings.chat_base_url,
    }
    found = known.get(provider)
    if found is None:
        raise InvalidSetting(f"The lab needs the base URL of the provider {provider!r}.")
    return found
