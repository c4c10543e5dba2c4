"""The dashboard's process: who is let in, and how it ends."""

import re
import signal
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from tests.support.dashboard import Dashboard
from tests.support.processes import ROOT
from workbench.app import serving
from workbench.app.entrance import PATHS as SCREENS

SOON_S = 3.0  # it takes a third of a second where nothing else runs


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    with Dashboard(tmp_path_factory.mktemp("dashboard") / "data") as dashboard:
        yield dashboard


@contextmanager
def open_socket(
    dashboard: Dashboard, path: str, origin: str | None = None
) -> Iterator[ClientConnection]:
    url = dashboard.url.replace("http", "ws") + path
    with connect(url, origin=Origin(origin) if origin else None, proxy=None) as socket:
        yield socket


def test_pages_and_routes_share_a_port(dashboard: Dashboard) -> None:
    assert "<title>Streamlit</title>" in dashboard.http.get("/compare").text
    assert dashboard.http.get("/api/runs").json() == []


def test_every_screen_under_its_own_path_says_where_its_server_is(dashboard: Dashboard) -> None:
    script = serving.SCRIPT.read_text(encoding="utf-8")
    assert sorted(SCREENS) == sorted(re.findall(r'url_path="(\w+)"', script))
    for path in SCREENS:
        answer = dashboard.http.get(f"/{path}?run=r1")
        assert answer.text.count("BACKEND_BASE_URL") == 1, path
        assert answer.headers["cache-control"] == "no-cache"
    assert "BACKEND_BASE_URL" not in dashboard.http.get("/").text


def test_an_unknown_path_below_api_is_no_page(dashboard: Dashboard) -> None:
    answer = dashboard.http.get("/api/nonsense")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_path")


PATHS = (
    *("/", "/compare", "/api/runs", "/api/runs/r1/entries/1/raw", "/api/none"),
    *("/favicon.png", "/static/js/x.js"),
    *("/media/x", "/component/a/b", "/app/static/x"),
    *("/_stcore/health", "/_stcore/host-config", "/_stcore/metrics"),
    *("/_stcore/upload_file/session/file", "/_stcore/bidi-components/a/b"),
)


def test_no_path_of_ours_or_streamlits_speaks_to_other_sites(dashboard: Dashboard) -> None:
    evil = "http://evil.example"
    for path in PATHS:
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"):
            ask = dashboard.http.build_request
            asked = {
                421: ask(method, path, headers={"Host": "evil.example"}),
                403: ask(method, path, headers={"Origin": evil}),
                200: ask(method, path),
            }
            for status, request in asked.items():
                answer = dashboard.http.send(request)
                assert status in {answer.status_code, 200}, (method, path)
                assert answer.status_code != 500, (method, path)
                cors = [name for name in answer.headers if name.startswith("access-control-")]
                assert not cors, (method, path)
                assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/_stcore/stream", "/api/runs/r1/ws"])
def test_no_other_site_opens_a_socket(dashboard: Dashboard, path: str) -> None:
    with (
        pytest.raises((InvalidStatus, ConnectionClosed)),
        open_socket(dashboard, path, origin="https://evil.example") as socket,
    ):
        socket.recv(timeout=5)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_no_other_site_starts_a_run(dashboard: Dashboard, origin: str) -> None:
    answer = dashboard.http.post("/api/runs", json={"input": "x"}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_however_many_watch(tmp_path: Path, number: signal.Signals) -> None:
    with Dashboard(tmp_path / "data") as dashboard:
        run = dashboard.run(scenario="planner")
        with (
            open_socket(dashboard, f"/api/runs/{run}/ws") as socket,
            open_socket(dashboard, "/_stcore/stream"),
            dashboard.http.stream("GET", f"/api/runs/{run}/events") as events,
        ):
            socket.recv(timeout=10)
            next(events.iter_raw())
            dashboard.end(number, within_s=SOON_S)


@pytest.mark.parametrize("token", [{}, {"WORKBENCH_TOKEN": ""}], ids=["none", "empty"])
def test_beyond_this_machine_a_token_is_needed(tmp_path: Path, token: dict[str, str]) -> None:
    dashboard = Dashboard(tmp_path / "data", arguments=("--server.address", "0.0.0.0"), **token)
    process = dashboard.spawn()
    assert process.wait(timeout=30) != 0
    assert "WORKBENCH_TOKEN" in dashboard.output


def test_a_token_opens_pages_routes_and_sockets(tmp_path: Path) -> None:
    with Dashboard(tmp_path / "data", WORKBENCH_TOKEN="open-sesame") as dashboard:
        assert dashboard.http.get("/").status_code == 401
        assert dashboard.http.get("/api/runs").status_code == 401
        with (
            pytest.raises((InvalidStatus, ConnectionClosed)),
            open_socket(dashboard, "/_stcore/stream") as socket,
        ):
            socket.recv(timeout=5)
        bearer = {"Authorization": "Bearer open-sesame"}
        assert dashboard.http.get("/api/runs", headers=bearer).status_code == 200
        with httpx.Client(base_url=dashboard.url, trust_env=False) as browser:
            answer = browser.get("/runs?search=lisbon&token=open-sesame")
            assert answer.status_code == 303
            assert answer.headers["location"] == "/runs?search=lisbon"
            assert "HttpOnly" in answer.headers["set-cookie"]
            page = browser.get("/runs")
            assert page.status_code == 200
            assert browser.get("/api/runs").status_code == 200
        assert "open-sesame" not in page.text + dashboard.output


def test_no_edit_gives_pages_another_workbench_than_routes() -> None:
    """Streamlit forgets modules that it watches; two copies would be two runners."""
    from streamlit.watcher.folder_black_list import FolderBlackList

    import workbench.service.workbench as watched

    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    unwatched = FolderBlackList(config["server"]["folderWatchBlacklist"])
    assert unwatched.is_blacklisted(str(Path(watched.__file__).resolve()))
    assert unwatched.is_blacklisted(str(serving.SCRIPT.resolve()))
