"""No exception of the libraries underneath comes out as it is."""

import asyncio
import socket
import ssl
from types import ModuleType

import aiohttp
import aiohttp.http_exceptions
import httpx2
import openai
import pytest

from workbench.errors import (
    InvalidSetting,
    ProviderUnreachable,
    StreamInterrupted,
)
from workbench.providers.errors import MEANINGS, Call, meaning_of, translate, translated

CALL = Call(
    provider="openai",
    base_url="https://api.example/v1",
    asks="create",
    key_name="OPENAI_API_KEY",
    api_key="sk-secret-1234567890",
)
LIBRARIES: list[ModuleType] = [openai, httpx2, aiohttp, aiohttp.http_exceptions]


def exceptions_of(library: ModuleType) -> list[type[Exception]]:
    found = [getattr(library, name) for name in dir(library)]
    return [
        one
        for one in found
        if isinstance(one, type) and issubclass(one, Exception) and not issubclass(one, Warning)
    ]


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda one: one.__name__)
def test_every_exception_of_a_library_has_a_meaning(library: ModuleType) -> None:
    found = exceptions_of(library)
    assert found
    assert [one.__name__ for one in found if meaning_of(one) is None] == []


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda one: one.__name__)
def test_no_meaning_falls_back_to_exception_itself(library: ModuleType) -> None:
    assert not {Exception, BaseException, ValueError, RuntimeError, TypeError} & MEANINGS.keys()
    assert exceptions_of(library)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError("refused"),
        socket.gaierror(-2, "Name or service not known"),
        ssl.SSLCertVerificationError("self-signed"),
        aiohttp.ConnectionTimeoutError("slow"),
        httpx2.ConnectError("refused"),
        httpx2.PoolTimeout("full"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_was_never_sent_was_never_accepted(error: Exception) -> None:
    ours = translate(error, CALL)
    assert isinstance(ours, ProviderUnreachable)
    assert (ours.cause, ours.accepted) == ("connect", False)


@pytest.mark.parametrize(
    "error",
    [
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientOSError(104, "Connection reset by peer"),
        ConnectionResetError(104, "reset"),
        BrokenPipeError(32, "pipe"),
        httpx2.ReadError("reset"),
        TimeoutError("no headers"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_connection_lost_after_the_request_may_have_begun_the_work(error: Exception) -> None:
    ours = translate(error, CALL)
    assert isinstance(ours, ProviderUnreachable)
    assert ours.accepted is None
    assert ours.cause in {"reset", "headers"}


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (aiohttp.ClientPayloadError("not completed"), "cut"),
        (aiohttp.http_exceptions.TransferEncodingError("short"), "cut"),
        (asyncio.IncompleteReadError(b"", 3), "cut"),
        (httpx2.RemoteProtocolError("incomplete chunked read"), "cut"),
        (ConnectionResetError(104, "reset"), "reset"),
        (TimeoutError("no bytes for 3 s"), "idle"),
        (aiohttp.http_exceptions.ContentEncodingError("no gzip"), "garbled"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else one,
)
def test_a_broken_body_is_an_interruption_with_its_cause(error: Exception, cause: str) -> None:
    ours = translate(error, CALL, in_body=True)
    assert isinstance(ours, StreamInterrupted)
    assert (ours.cause, ours.accepted) == (cause, True)


def test_the_root_of_a_chain_says_why() -> None:
    payload = aiohttp.ClientPayloadError("Response payload is not completed")
    payload.__cause__ = ConnectionResetError(104, "reset")
    ours = translate(payload, CALL, in_body=True)
    assert isinstance(ours, StreamInterrupted)
    assert ours.cause == "reset"


def test_a_cut_is_told_in_one_line_and_without_a_status_that_nobody_sent() -> None:
    error = aiohttp.ClientPayloadError("Response payload is not completed")
    error.__cause__ = aiohttp.http_exceptions.TransferEncodingError("Not enough\ndata")

    said = str(translate(error, CALL, in_body=True))

    assert said.endswith("closed the connection in the middle of its answer: Not enough data")


def test_a_base_url_that_cannot_be_is_a_wrong_setting() -> None:
    assert isinstance(translate(httpx2.UnsupportedProtocol("ftp"), CALL), InvalidSetting)
    assert isinstance(translate(aiohttp.InvalidURL("http://"), CALL), InvalidSetting)


def test_a_key_in_a_foreign_message_reaches_neither_message_nor_chain() -> None:
    error = httpx2.LocalProtocolError("Illegal header value b'Bearer sk-secret-1234567890'")
    with pytest.raises(ProviderUnreachable) as caught, translated(CALL):
        raise error
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_mistake_of_our_own_is_not_called_the_providers() -> None:
    with pytest.raises(ZeroDivisionError), translated(CALL):
        _ = 1 / 0


def test_a_call_does_not_show_its_key() -> None:
    assert "secret" not in repr(CALL)
