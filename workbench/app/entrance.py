"""Deep links: the pages under paths of their own, told at once where their server is.

Streamlit's page looks for its server below its own path first, then above, and each wrong guess is
an error in the browser's console. No route can answer such a guess: a page that is answered there
takes its own path for the root and shows another screen. What can be said is said in the page.
"""

from functools import cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from streamlit import file_util

__all__ = ["PATHS", "entrances"]

PATHS: Final = ("live", "compare", "replay", "lab", "runs", "health")

# Relative to the page, so that a dashboard behind a path prefix is found too.
_TELL: Final = (
    "<script>window.__streamlit = { ...window.__streamlit,"
    ' BACKEND_BASE_URL: new URL(".", location.href).href };</script>'
)


def entrances() -> list[Route]:
    """A route for each screen; Streamlit's own search is left to it where its page is another."""
    if _page() is None:
        return []
    return [Route(f"/{path}", _answer, methods=["GET"]) for path in PATHS]


async def _answer(_: Request) -> Response:
    return HTMLResponse(_page() or "", headers={"Cache-Control": "no-cache"})


@cache
def _page() -> str | None:
    try:
        page = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    except OSError:
        return None
    head, found, rest = page.partition("<head>")
    return f"{head}{found}{_TELL}{rest}" if found else None
