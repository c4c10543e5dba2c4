"""What a base URL can do is asked once; what it cannot is met by the nearest transport."""

from pathlib import Path

import pytest

from tests.support.raw_server import Asked, Peer, RawServer, json_answer
from tests.support.running import in_loop
from workbench.errors import CheckpointExpired, RequestRejected, UnknownProvider
from workbench.events import RunRequest, Transport
from workbench.providers.base import Access, Capabilities, Checkpoint
from workbench.providers.capabilities import FileMemory, ProcessMemory, adapt
from workbench.providers.decide import BACKGROUND_REFUSED
from workbench.providers.openai import OpenAIProvider
from workbench.providers.registry import PROVIDERS, Surroundings, make_provider

FOREGROUND_ONLY = Capabilities(background=False, resume=False, poll=False, cancel=False)


@pytest.mark.parametrize(
    ("wanted", "capabilities", "used"),
    [
        ("background", Capabilities(), "background"),
        ("background", Capabilities(background=True, resume=False), "background"),
        ("background", FOREGROUND_ONLY, "stream"),
        ("background", Capabilities(stream=False, background=True, poll=True), "poll"),
        ("background", Capabilities(stream=False, background=False), "sync"),
        ("poll", Capabilities(), "poll"),
        ("poll", FOREGROUND_ONLY, "sync"),
        ("stream", Capabilities(), "stream"),
        ("stream", Capabilities(stream=False), "sync"),
        ("sync", FOREGROUND_ONLY, "sync"),
    ],
)
def test_the_nearest_transport_is_taken_and_the_reason_said(
    wanted: Transport, capabilities: Capabilities, used: Transport
) -> None:
    request = RunRequest(input="x", provider="chat", transport=wanted)
    found, reason = adapt(request, capabilities)
    assert found == used
    assert (reason is None) == (found == wanted)
    assert reason is None or reason.startswith("chat ")


def test_a_file_remembers_across_processes(tmp_path: Path) -> None:
    path = tmp_path / "capabilities.json"
    FileMemory(path).put("http://a/v1", FOREGROUND_ONLY)
    FileMemory(path).put("http://b/v1", Capabilities(poll=True))
    assert FileMemory(path).get("http://a/v1") == FOREGROUND_ONLY
    assert FileMemory(path).get("http://b/v1") == Capabilities(poll=True)
    assert FileMemory(path).get("http://c/v1") is None
    assert [one.name for one in tmp_path.iterdir()] == ["capabilities.json"]


def test_what_was_found_out_is_not_believed_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "capabilities.json"
    FileMemory(path, now=lambda: 1000.0).put("http://a/v1", FOREGROUND_ONLY)
    assert FileMemory(path, now=lambda: 1000.0 + 3600).get("http://a/v1") == FOREGROUND_ONLY
    assert FileMemory(path, now=lambda: 1000.0 + 90_000).get("http://a/v1") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"http://a/v1": 3}', b"\xff\xfe"])
def test_an_unreadable_file_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "capabilities.json"
    path.write_bytes(content)
    assert FileMemory(path).get("http://a/v1") is None
    FileMemory(path).put("http://a/v1", FOREGROUND_ONLY)
    assert FileMemory(path).get("http://a/v1") == FOREGROUND_ONLY


def test_a_file_of_a_newer_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    path = tmp_path / "capabilities.json"
    path.write_text('{"http://a/v1": {"at": 9e9, "poll": true, "telepathy": true}}')
    assert FileMemory(path).get("http://a/v1") == Capabilities(stream=True, poll=True)


def test_a_folder_that_cannot_be_written_costs_no_run(tmp_path: Path) -> None:
    FileMemory(tmp_path / "absent" / "capabilities.json").put("http://a/v1", FOREGROUND_ONLY)


@in_loop
async def test_a_server_is_asked_once_whether_it_stores_responses() -> None:
    async def knows_no_such_response(peer: Peer, asked: Asked) -> None:
        name = asked.line.split("/")[3].split(" ")[0]
        error = {"message": f"Response with id '{name}' not found."}
        await peer.send(json_answer(404, {"error": error}))

    async with RawServer(knows_no_such_response) as server:
        provider = OpenAIProvider(Access(base_url=server.base_url))
        request = RunRequest(input="x")
        assert (await provider.capabilities(request)).poll is True
        assert (await provider.capabilities(request)).background is None
        assert len(server.asked) == 1
        await provider.aclose()


@pytest.mark.parametrize("status", [404, 405])
def test_a_server_without_that_path_has_no_background_mode(status: int) -> None:
    @in_loop
    async def ask() -> None:
        async def no_such_path(peer: Peer, asked: Asked) -> None:
            await peer.send(json_answer(status, {"detail": "Not Found"}))

        async with RawServer(no_such_path) as server:
            provider = OpenAIProvider(Access(base_url=server.base_url))
            found = await provider.capabilities(RunRequest(input="x"))
            assert adapt(RunRequest(input="x", transport="background"), found)[0] == "stream"
            assert adapt(RunRequest(input="x", transport="poll"), found)[0] == "sync"
            await provider.aclose()

    ask()


@in_loop
async def test_a_server_that_is_away_is_asked_again_another_time() -> None:
    memory = ProcessMemory()
    provider = OpenAIProvider(Access(base_url="http://127.0.0.1:9/v1"), memory=memory)
    assert await provider.capabilities(RunRequest(input="x")) == Capabilities()
    assert memory.get("http://127.0.0.1:9/v1") is None
    await provider.aclose()


@in_loop
async def test_a_refused_background_is_remembered() -> None:
    async def refuses(peer: Peer, asked: Asked) -> None:
        error = {"message": "Unknown parameter: 'background'."}
        await peer.send(json_answer(400, {"error": error}))

    async with RawServer(refuses) as server:
        provider = OpenAIProvider(Access(base_url=server.base_url))
        request = RunRequest(input="x", transport="background")
        with pytest.raises(RequestRejected) as caught:
            await provider.open(request, "background").__aenter__()
        assert caught.value.code == BACKGROUND_REFUSED
        assert caught.value.accepted is False
        assert (await provider.capabilities(request)).background is False
        await provider.aclose()


@in_loop
async def test_a_server_that_does_not_stream_again_is_remembered() -> None:
    async def refuses(peer: Peer, asked: Asked) -> None:
        await peer.send(json_answer(405, {"detail": "Method Not Allowed"}))

    async with RawServer(refuses) as server:
        provider = OpenAIProvider(Access(base_url=server.base_url))
        request = RunRequest(input="x")
        with pytest.raises(CheckpointExpired):
            await provider.resume(request, Checkpoint(response_id="r")).__aenter__()
        assert (await provider.capabilities(request)).resume is False
        await provider.aclose()


def test_providers_are_made_by_name() -> None:
    for name in PROVIDERS:
        assert make_provider(name).name == name


def test_an_unknown_provider_is_told_the_known_ones() -> None:
    with pytest.raises(UnknownProvider, match="simulator, openai, openrouter, chat"):
        make_provider("opnai")


def test_the_simulator_is_found_only_when_it_is_needed() -> None:
    found: list[str] = []

    def find() -> str:
        found.append("asked")
        return "http://127.0.0.1:1/v1"

    provider = make_provider("simulator", Surroundings(find_simulator=find))
    assert not found
    assert provider.base_url(RunRequest(input="x")) == "http://127.0.0.1:1/v1"
    given = RunRequest(input="x", base_url="http://127.0.0.1:2/v1")
    assert provider.base_url(given) == "http://127.0.0.1:2/v1"
    assert len(found) == 1
