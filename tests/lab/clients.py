"""Clients as other people write them, run as commands: `clients.py KIND BASE_URL`."""

import json
import signal
import sys
from collections.abc import Iterator

import httpx


def deltas(base_url: str) -> Iterator[str]:
    body = {"model": "sim", "input": "x", "stream": True}
    with httpx.stream("POST", f"{base_url}/responses", json=body, timeout=5) as answer:
        answer.raise_for_status()
        for line in answer.iter_lines():
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                if event["type"] == "response.output_text.delta":
                    yield event["delta"]
                elif event["type"] == "response.completed":
                    yield ""  # it is over; the careful one wants to know
                    return


def naive(base_url: str) -> None:
    """Takes the end of the bytes for the end of the answer."""
    sys.stdout.write("".join(deltas(base_url)))


def careful(base_url: str) -> None:
    """Knows that only a terminal event ends an answer."""
    pieces = list(deltas(base_url))
    if not pieces or pieces[-1] != "":
        sys.exit("the stream ended before the answer did")
    sys.stdout.write("".join(pieces))


def insistent(base_url: str) -> None:
    """Asks again from the start until it gets through."""
    for _ in range(3):
        try:
            return careful(base_url)
        except (httpx.HTTPError, SystemExit):
            continue
    return None


def forgetful(base_url: str) -> None:
    """Prints what came before the retry as well."""
    printed = ""
    for _ in range(2):
        try:
            for piece in deltas(base_url):
                printed += piece
            break
        except httpx.HTTPError:
            continue
    sys.stdout.write(printed)


def asleep(base_url: str) -> None:
    list(deltas(base_url))
    signal.pause()  # it hangs until the lab loses patience


if __name__ == "__main__":
    _, kind, url = sys.argv
    {
        "naive": naive,
        "careful": careful,
        "insistent": insistent,
        "forgetful": forgetful,
        "asleep": asleep,
    }[kind](url)
