"""Requests are read the same however their bytes are cut; what is no request is refused."""

import itertools

import pytest
from hypothesis import given, settings, strategies as st

from tests.support.raw_http import request_bytes
from workbench.simulator.exchange import Request
from workbench.simulator.http1 import BadRequest, RequestParser, chunk, head

CHUNKED = (
    b"POST /v1/responses HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'4\r\n{"a"\r\n3;note=x\r\n:1}\r\n0\r\n\r\n'
)


def read(pieces: list[bytes]) -> list[Request]:
    parser, found = RequestParser(), []
    for piece in pieces:
        parser.feed(piece)
        while (request := parser.next_request()) is not None:
            found.append(request)
    return found


@given(body=st.binary(max_size=200), cuts=st.lists(st.integers(0, 600), max_size=8))
@settings(max_examples=100)
def test_requests_do_not_depend_on_where_the_bytes_are_cut(body: bytes, cuts: list[int]) -> None:
    first = request_bytes("POST", "/v1/responses?a=b%20c&d=", body, {"X-Mine": "y"})
    data = first + CHUNKED + request_bytes("GET", "/v1/models")
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in itertools.pairwise(edges)]
    posted, chunked, got = read(pieces)
    assert (posted.method, posted.path, posted.body) == ("POST", "/v1/responses", body)
    assert posted.query == {"a": "b c", "d": ""}
    assert posted.target == "/v1/responses?a=b%20c&d="
    assert posted.headers["x-mine"] == "y"
    assert chunked.body == b'{"a":1}'
    assert (got.method, got.path, got.body) == ("GET", "/v1/models", b"")


@given(st.binary(max_size=120))
@settings(max_examples=200)
def test_any_bytes_are_requests_more_to_come_or_refused(data: bytes) -> None:
    refused = None
    try:
        read([data, b"\r\n\r\n"])
    except BadRequest as error:
        refused = error
    assert refused is None or refused.status in {400, 413, 431}


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"GET /" + b"x" * 70_000, 431),
        (b"GET / HTTP/2\r\n\r\n", 400),
        (b"GET //[ HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n broken: x\r\n\r\n", 400),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_status(data: bytes, status: int) -> None:
    with pytest.raises(BadRequest) as caught:
        read([data])
    assert caught.value.status == status


def test_a_chunk_may_announce_more_than_it_brings() -> None:
    assert chunk(b"abc") == b"3\r\nabc\r\n"
    assert chunk(b"abc", announced=10) == b"a\r\nabc"


def test_a_head_names_the_status() -> None:
    assert head(529, {"x": "y"}) == b"HTTP/1.1 529 Status\r\nx: y\r\n\r\n"
    assert head(429, {}).startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
