"""A simulator that is killed, and another that goes on for it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.asking import events_of
from tests.support.raw_http import ask, connect, receive_until, request_bytes
from workbench.simulator.server import Simulator

PROGRAM = """
import signal, sys
from workbench.simulator.server import Simulator
with Simulator(speed=4, folder=sys.argv[1]) as simulator:
    print(simulator.base_url, flush=True)
    signal.pause()  # until it is killed
"""


@pytest.mark.crash
def test_a_killed_simulator_is_continued_by_another_on_its_folder(tmp_path: Path) -> None:
    body = {"model": "sim:short", "input": "Hello", "background": True, "stream": True}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        assert urlsplit(base_url).hostname == "127.0.0.1"
        with connect(base_url) as sock:
            sock.sendall(request_bytes("POST", "/v1/responses", json.dumps(body).encode()))
            first = receive_until(sock, b'"sequence_number":20,')
            os.kill(process.pid, signal.SIGKILL)
    id_ = events_of(first)[0]["response"]["id"]

    with Simulator(speed=4, folder=tmp_path) as simulator:
        path = f"/v1/responses/{id_}?stream=true"
        rest = ask(simulator.base_url, path=f"{path}&starting_after=20")
        whole = ask(simulator.base_url, path=path)
    assert b"".join(whole.chunks[21:]) == rest.body
    assert events_of(first)[:21] == events_of(whole.body)[:21]
    assert events_of(rest.body)[-1]["type"] == "response.completed"


def test_two_simulators_send_the_same_bytes_for_a_pinned_request() -> None:
    body = {"model": "sim:unicode", "input": "Hello", "stream": True, "metadata": {"seed": "11"}}
    bodies = []
    for _ in range(2):
        with Simulator(speed=0) as simulator:
            answer = ask(simulator.base_url, "POST", body=json.dumps(body).encode())
            bodies.append(answer.body)
    assert bodies[0] == bodies[1]
    assert b"response.completed" in bodies[0]


def test_a_number_that_an_insertion_used_up_is_used_up_for_its_successor(tmp_path: Path) -> None:
    faults = {"faults": "keepalive@event:5;unknown@event:9;cut@event:20"}
    body = {"model": "sim:short", "input": "Hello", "background": True, "stream": True}
    with Simulator(speed=0, folder=tmp_path) as simulator:
        created = ask(
            simulator.base_url, "POST", body=json.dumps({**body, "metadata": faults}).encode()
        )
    seen = events_of(created.body)
    with Simulator(speed=0, folder=tmp_path) as simulator:
        path = f"/v1/responses/{seen[0]['response']['id']}?stream=true"
        after = seen[-1]["sequence_number"]
        seen += events_of(ask(simulator.base_url, path=f"{path}&starting_after={after}").body)
        truth = ask(simulator.base_url, path=path.replace("/v1", "/__sim").partition("?")[0])
    assert [event["sequence_number"] for event in seen] == list(range(len(seen)))
    inserted = {"keepalive", "response.novelty.delta"}
    types = [event["type"] for event in seen if event["type"] not in inserted]
    assert types == [event["type"] for event in json.loads(truth.body)["events"]]


def test_a_line_that_a_full_disk_tore_hurts_no_other(tmp_path: Path) -> None:
    body = {"model": "sim:short", "input": "Hello", "background": True, "stream": True}
    with Simulator(speed=0, folder=tmp_path) as simulator:
        created = ask(simulator.base_url, "POST", body=json.dumps(body).encode())
    (journal,) = tmp_path.glob("*.jsonl")
    with journal.open("ab") as torn:
        torn.write(b'{"opened": ')
    path = f"/v1/responses/{events_of(created.body)[0]['response']['id']}?stream=true"
    for _ in range(2):
        with Simulator(speed=0, folder=tmp_path) as simulator:
            assert ask(simulator.base_url, path=path).body == created.body
