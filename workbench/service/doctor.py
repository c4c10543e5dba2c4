"""What is right and wrong with this installation, its folder and its providers: plain findings.

Each finding says what to do about it. Keys are looked for and never shown.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import UnknownRun
from workbench.providers.redact import redact
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.log.check import Problem
    from workbench.service.workbench import Workbench

__all__ = ["Finding", "State", "examine"]

State = Literal["ok", "warning", "broken"]

_ASK_S = 4.0
_CLOCK_S = 0.05
_LIVE_LIMIT = 1000
_LITTLE_BYTES = 500 * 2**20
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONAL = {
    "anywidget": "notebook widgets",
    "ipywidgets": "notebook widgets",
    "jupyterlab": "notebooks in JupyterLab",
    "marimo": "notebooks in marimo",
    "pyarrow": "parquet exports",
}
_NOTEBOOKS = "'stream-workbench[notebooks]'"  # marimo is not among it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at; `todo` says what to do when it is not ok."""

    name: str
    state: State
    message: str
    todo: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine(workbench: "Workbench", *, network: bool = True) -> list[Finding]:
    """Everything, in the order in which one would mend it; providers are asked if `network`."""
    checks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _folder(workbench.settings.data),
        lambda: _store(workbench),
        lambda: _leases(workbench),
        _clock,
        lambda: _providers(workbench.settings, network=network),
        _machine,
        _parts,
    ]
    return [finding for check in checks for finding in check()]


def _ok(name: str, message: str, todo: str | None = None) -> Finding:
    return Finding(name=name, state="ok", message=message, todo=todo)


def _warning(name: str, message: str, todo: str) -> Finding:
    return Finding(name=name, state="warning", message=message, todo=todo)


def _broken(name: str, message: str, todo: str) -> Finding:
    return Finding(name=name, state="broken", message=message, todo=todo)


def _folder(folder: Path) -> Iterator[Finding]:
    mode = folder.stat().st_mode & 0o777
    free = shutil.disk_usage(folder).free
    if not os.access(folder, os.W_OK):
        todo = "Give yourself the right to write it, or choose another one with --data."
        yield _broken("folder", f"{folder} cannot be written.", todo)
    elif os.name == "posix" and mode & 0o077:
        yield _warning("folder", f"Others can read {folder}.", f"chmod 700 {folder}")
    elif free < _LITTLE_BYTES:
        message = f"Only {free / 2**20:.0f} MB are free where {folder} lies."
        yield _warning("folder", message, "Make room, or delete old runs with `workbench clean`.")
    else:
        yield _ok("folder", f"{folder} is private and can be written.")


def _store(workbench: "Workbench") -> Iterator[Finding]:
    from workbench.log.check import check

    problems = check(workbench.log)
    for problem in problems:
        yield _broken("store", f"{problem.message}.", _mend(problem))
    if not problems:
        stats = workbench.stats()
        size = stats.bytes / 2**20
        yield _ok("store", f"{stats.runs} runs in {size:.1f} MB, every entry readable.")


def _mend(problem: "Problem") -> str:
    run = problem.run
    if run is None:
        return "Keep a copy of the folder and choose another one with --data."
    delete = f"delete it with `workbench clean {run}`"
    if problem.last is None:
        return f"Keep a copy of the folder, then {delete}."
    rest = f"workbench follow {run} --after {problem.last} --json"
    return f"Save the rest with `{rest}`, then {delete}."


def _leases(workbench: "Workbench") -> Iterator[Finding]:
    live = workbench.log.runs(status=("queued", "in_progress"), limit=_LIVE_LIMIT)
    free = [info.id for info in live if _holder(workbench, info.id) is None]
    if free:
        message = f"{len(free)} of {len(live)} live runs are carried by nobody, such as {free[0]}."
        todo = f"Any runner takes them over: `workbench follow {free[0]}` or `workbench app`."
        yield _warning("leases", message, todo)
    elif live:
        yield _ok("leases", f"{len(live)} live, each carried by a runner.")
    else:
        yield _ok("leases", "No run is live.")


def _holder(workbench: "Workbench", run: str) -> tuple[str, float] | None:
    try:
        return workbench.log.holder(run)
    except UnknownRun:
        return "deleted meanwhile", 0.0


def _clock() -> Iterator[Finding]:
    """Times of entries are the wall clock anchored once: it must not run unlike the steady one."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(_CLOCK_S)
    drift = abs((time.time() - wall) - (time.monotonic() - steady))
    if drift > _CLOCK_S / 10:
        message = f"The wall clock moved by {drift * 1000:.0f} ms while it was looked at."
        todo = "Let the system keep its time steadily; the times of entries suffer."
        yield _warning("clock", message, todo)
    else:
        yield _ok("clock", "The wall clock and the steady one agree.")


def _providers(settings: Settings, *, network: bool) -> Iterator[Finding]:
    yield _ok("simulator", "Ready: it needs no key and no network.")
    openai = settings.openai_base_url or "https://api.openai.com/v1"
    real = (
        ("openai", settings.openai_api_key, openai, "OPENAI_API_KEY"),
        (
            "openrouter",
            settings.openrouter_api_key,
            settings.openrouter_base_url,
            "OPENROUTER_API_KEY",
        ),
        ("chat", settings.chat_api_key, settings.chat_base_url, "WORKBENCH_CHAT_API_KEY"),
    )
    for name, key, base_url, variable in real:
        if base_url is None:
            yield _ok(name, "Not set up; WORKBENCH_CHAT_BASE_URL says where it listens.")
        elif key is None and name != "chat":
            yield _ok(name, f"No key, so it is not used; {variable} holds one.")
        else:
            with_key = "A key is present" if key else "No key is set"
            yield _reached(name, base_url, with_key) if network else _ok(name, f"{with_key}.")


def _reached(name: str, base_url: str, with_key: str) -> Finding:
    """Any answer will do, also a refusal: nothing is asked for, and no key is sent."""
    place = redact(base_url)
    import httpx

    try:
        answer = httpx.get(f"{base_url.rstrip('/')}/models", timeout=_ASK_S)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = redact(str(error)) or type(error).__name__
        message = f"{with_key}, but {place} does not answer: {reason}."
        return _warning(name, message, "Look at the network, a proxy, or the base URL.")
    took = answer.elapsed.total_seconds() * 1000
    return _ok(name, f"{with_key}; {place} answers in {took:.0f} ms.")


def _machine() -> Iterator[Finding]:
    browser = next((found for each in _BROWSERS if (found := shutil.which(each))), None)
    lacks = "No Chromium; only the browser tests need it."
    yield _ok("browser", f"{browser} is there." if browser else lacks)
    node = shutil.which("node")
    lacks = "No Node.js; only tests of the live view need it."
    yield _ok("node", f"{node} is there." if node else lacks)


def _parts() -> Iterator[Finding]:
    missing = {part: use for part, use in _OPTIONAL.items() if find_spec(part) is None}
    if missing:
        uses = ", ".join(dict.fromkeys(missing.values()))
        message = f"Not installed: {', '.join(missing)} ({uses})."
        wanted = sorted({"marimo" if part == "marimo" else _NOTEBOOKS for part in missing})
        yield _ok("parts", message, f"pip install {' '.join(wanted)}")
    else:
        yield _ok("parts", "All optional parts are installed.")
