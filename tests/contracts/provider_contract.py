"""What every provider must do, whatever API it speaks. A subclass says how to make one.

The tests talk to a simulator, whose answers to the same request and seed are the same bytes, so
what comes by one way can be compared with what comes by another.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from tests.support.running import in_loop
from workbench.errors import (
    CheckpointExpired,
    InvalidSetting,
    ProviderUnreachable,
    RequestRejected,
)
from workbench.events import RESPONSE_TERMINALS, Entry, Event, RunRequest
from workbench.providers.base import (
    Access,
    Answer,
    Capabilities,
    Checkpoint,
    Connection,
    Provider,
)
from workbench.providers.capabilities import adapt
from workbench.simulator.app import Application
from workbench.simulator.create import Options
from workbench.simulator.server import Simulator
from workbench.state import RunState, fold

KEY = "sk-the-right-one-0123456789"
FINAL = {"completed", "incomplete", "failed", "cancelled"}


async def read(connection: Connection) -> list[Event]:
    """Every event of a stream."""
    translator = connection.translator()
    found = []
    async for chunk in connection.chunks():
        found += translator.feed(chunk)
    return [one.event for one in [*found, *translator.finish()]]


def folded(events: list[Event]) -> RunState:
    return fold(Entry(n, 0.0, event) for n, event in enumerate(events, 1))


def text_of(response: Event) -> str:
    parts = (part for item in response["output"] for part in item.get("content", ()))
    return "".join(part.get("text", "") for part in parts)


class ProviderContract(ABC):
    @abstractmethod
    def make(self, access: Access) -> Provider:
        """The provider under test."""

    @pytest.fixture
    def base_url(self) -> Iterator[str]:
        options = Options(speed=0, scenario="short", require_key=KEY)
        with Simulator(application=Application(options)) as simulator:
            yield simulator.base_url

    @pytest.fixture
    def request_(self, base_url: str) -> RunRequest:
        return RunRequest(
            input="What is a cursor?",
            provider=self.make(Access()).name,
            base_url=base_url,
            model="sim",
            seed=7,
            speed=100.0,
        )

    def use(self, steps: Callable[[Provider], Awaitable[None]], *, key: str = KEY) -> None:
        """Run the steps with a provider that is let go of afterwards."""

        @in_loop
        async def run() -> None:
            provider = self.make(Access(api_key=key))
            try:
                await steps(provider)
            finally:
                await provider.aclose()

        run()

    # What every provider does.

    def test_a_stream_ends_with_one_terminal_event(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            async with provider.open(request_, "stream") as connection:
                assert connection.status == 200
                events = await read(connection)
            ends = [event["type"] for event in events if event["type"] in RESPONSE_TERMINALS]
            assert ends == ["response.completed"]
            assert folded(events).text

        self.use(steps)

    def test_what_streams_is_what_a_plain_answer_says(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            async with provider.open(request_, "stream") as connection:
                streamed = folded(await read(connection))
            answer = await provider.create(request_, "sync")
            assert answer.response["status"] == "completed"
            assert text_of(answer.response) == streamed.text
            assert answer.size > len(streamed.text)

        self.use(steps)

    def test_the_adapted_transport_works(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            for wanted in ("background", "poll", "stream", "sync"):
                request = replace(request_, transport=wanted)
                transport, reason = adapt(request, await provider.capabilities(request))
                assert (reason is None) == (transport == wanted)
                if transport in {"sync", "poll"}:
                    assert (await provider.create(request, transport)).response["id"]
                else:
                    async with provider.open(request, transport) as connection:
                        assert folded(await read(connection)).text

        self.use(steps)

    def test_streams_of_one_provider_do_not_wait_for_each_other(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            async def one(seed: int) -> str:
                async with provider.open(replace(request_, seed=seed), "stream") as connection:
                    return folded(await read(connection)).text

            assert len(await asyncio.gather(*[one(n) for n in range(20)])) == 20

        self.use(steps)

    def test_a_wrong_key_is_rejected_and_not_repeated(self, request_: RunRequest) -> None:
        wrong = "sk-wrong-abcdefghijklmnop"

        async def steps(provider: Provider) -> None:
            with pytest.raises(RequestRejected) as caught:
                await provider.create(request_, "sync")
            assert caught.value.status == 401
            assert caught.value.accepted is False
            assert wrong not in f"{caught.value}{caught.value.body}"

        self.use(steps, key=wrong)

    def test_a_provider_that_is_not_there_is_unreachable(self, request_: RunRequest) -> None:
        nowhere = replace(request_, base_url="http://127.0.0.1:9/v1")

        async def steps(provider: Provider) -> None:
            with pytest.raises(ProviderUnreachable) as caught:
                await provider.open(nowhere, "stream").__aenter__()
            assert caught.value.accepted is False
            with pytest.raises(ProviderUnreachable):
                await provider.create(nowhere, "sync")

        self.use(steps)

    def test_a_wrong_timeout_is_said_before_anything_is_sent(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            with pytest.raises(InvalidSetting, match="patience"):
                await provider.create(replace(request_, timeouts={"patience": 1.0}), "sync")

        self.use(steps)

    def test_a_model_that_does_not_exist_is_rejected(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            with pytest.raises(RequestRejected, match="nonsense"):
                await provider.create(replace(request_, model="nonsense"), "sync")

        self.use(steps)

    def test_letting_go_twice_is_letting_go(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            await provider.create(request_, "sync")
            await provider.aclose()

        self.use(steps)

    def test_no_key_is_shown_by_anything_that_is_kept(self) -> None:
        access = Access(api_key=KEY)
        assert KEY not in repr(access)
        assert KEY not in repr(self.make(access))


class ForegroundContract(ProviderContract):
    """A provider that stores nothing says so."""

    def test_nothing_can_be_had_after_the_connection(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            found = await provider.capabilities(request_)
            assert (found.background, found.resume, found.poll, found.cancel) == (False,) * 4
            checkpoint = Checkpoint(response_id="gen-1", sequence=3)
            with pytest.raises(CheckpointExpired):
                await provider.resume(request_, checkpoint).__aenter__()
            with pytest.raises(CheckpointExpired):
                await provider.retrieve(request_, checkpoint)
            with pytest.raises(CheckpointExpired):
                await provider.cancel(request_, checkpoint)

        self.use(steps)


class BackgroundContract(ProviderContract):
    """A provider that stores responses lets them be resumed, polled and cancelled."""

    def test_it_says_what_it_can_do(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            found = await provider.capabilities(request_)
            assert False not in {found.background, found.resume, found.poll, found.cancel}
            assert isinstance(found, Capabilities)

        self.use(steps)

    @pytest.mark.parametrize("after", [None, 0, 1, 17])
    def test_a_resume_gives_exactly_what_came_after_the_checkpoint(
        self, request_: RunRequest, after: int | None
    ) -> None:
        async def steps(provider: Provider) -> None:
            async with provider.open(request_, "background") as connection:
                whole = await read(connection)
            checkpoint = Checkpoint(response_id=whole[0]["response"]["id"], sequence=after)
            async with provider.resume(request_, checkpoint) as connection:
                rest = await read(connection)
            assert rest == whole[0 if after is None else after + 1 :]

        self.use(steps)

    def test_a_stream_that_is_left_goes_on_without_its_reader(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            async with provider.open(request_, "background") as connection:
                translator = connection.translator()
                async for chunk in connection.chunks():
                    if first := translator.feed(chunk):
                        break
            begun = Checkpoint(
                response_id=first[0].event["response"]["id"],
                sequence=first[-1].event["sequence_number"],
            )
            async with provider.resume(request_, begun) as connection:
                rest = await read(connection)
            assert rest[0]["sequence_number"] == (begun.sequence or 0) + 1
            assert rest[-1]["type"] == "response.completed"

        self.use(steps)

    def test_a_poll_ends_in_the_text_that_a_stream_would_have_given(
        self, request_: RunRequest
    ) -> None:
        async def steps(provider: Provider) -> None:
            async with provider.open(request_, "background") as connection:
                streamed = folded(await read(connection))
            answer = await provider.create(request_, "poll")
            checkpoint = Checkpoint(response_id=answer.response["id"])
            while answer.response["status"] not in FINAL:
                await asyncio.sleep(answer.poll_after_s or 0.02)  # as a client polls
                answer = await provider.retrieve(request_, checkpoint)
            assert text_of(answer.response) == streamed.text

        self.use(steps)

    def test_a_cancel_reaches_the_provider(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            slow = replace(request_, speed=0.5)
            created = await provider.create(slow, "poll")
            checkpoint = Checkpoint(response_id=created.response["id"])
            answers: list[Answer] = [await provider.cancel(slow, checkpoint) for _ in range(2)]
            assert [answer.response["status"] for answer in answers] == ["cancelled"] * 2
            stored = await provider.retrieve(slow, checkpoint)
            assert stored.response["status"] == "cancelled"

        self.use(steps)

    def test_a_response_that_is_not_there_is_gone(self, request_: RunRequest) -> None:
        nothing = Checkpoint(response_id="resp_0000", sequence=0)

        async def steps(provider: Provider) -> None:
            with pytest.raises(CheckpointExpired) as caught:
                await provider.retrieve(request_, nothing)
            assert caught.value.cause == "gone"
            with pytest.raises(CheckpointExpired):
                await provider.resume(request_, nothing).__aenter__()

        self.use(steps)

    def test_a_foreground_response_cannot_be_streamed_again(self, request_: RunRequest) -> None:
        async def steps(provider: Provider) -> None:
            answer = await provider.create(request_, "sync")
            checkpoint = Checkpoint(response_id=answer.response["id"], sequence=0)
            with pytest.raises(CheckpointExpired) as caught:
                await provider.resume(request_, checkpoint).__aenter__()
            assert caught.value.cause == "expired"

        self.use(steps)
