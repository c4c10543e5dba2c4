"""What following any log must do."""

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import cast

import orjson
import pytest

from tests.contracts.log_contract import LogContract
from tests.support.logs import arrivals, close, new_run, start, terminal
from tests.support.waiting import wait_until
from workbench.errors import InvalidCursor, UnknownRun
from workbench.events import Entry
from workbench.log.base import Closing, Lease, Log
from workbench.log.follow import Follower


def write(log: Log, lease: Lease, number: int) -> None:
    """That many entries in uneven appends, the last of them terminal."""
    at = 0
    while at < number - 1:
        size = min(1 + at % 7, number - 1 - at)
        at = log.append(lease, arrivals(size), after=at).result()
    close(log, lease)


class FollowContract(LogContract):
    @pytest.fixture
    def waiting(self, log: Log) -> Lease:
        """A run that begins with two entries and then says nothing."""
        lease = start(log)
        log.append(lease, arrivals(2), after=0).result()
        return lease

    def test_a_follower_replays_and_ends_after_the_terminal_entry(self, log: Log) -> None:
        lease = start(log)
        write(log, lease, 500)
        assert list(Follower(log, lease.run)) == log.read(lease.run)
        assert [e.cursor for e in Follower(log, lease.run, after=490)] == list(range(491, 501))
        assert list(Follower(log, lease.run, after=500)) == []

    def test_a_follower_replays_then_tails(self, log: Log) -> None:
        lease = start(log)
        log.append(lease, arrivals(10), after=0).result()
        seen: list[Entry] = []
        thread = threading.Thread(target=lambda: seen.extend(Follower(log, lease.run)))
        thread.start()
        for n in range(10, 40):
            log.append(lease, arrivals(1), after=n).result()
        close(log, lease)
        thread.join(30)
        assert seen == log.read(lease.run)

    def test_every_follower_sees_the_same(self, log: Log) -> None:
        lease = start(log)
        seen: list[list[Entry]] = [[] for _ in range(5)]
        threads = [
            threading.Thread(target=lambda s=s: s.extend(Follower(log, lease.run, batch=8)))
            for s in seen
        ]
        for thread in threads:
            thread.start()
        write(log, lease, 300)
        for thread in threads:
            thread.join(30)
        assert seen == [log.read(lease.run)] * 5

    def test_batches_never_exceed_their_size(self, log: Log) -> None:
        lease = start(log)
        write(log, lease, 100)
        sizes = [len(batch) for batch in Follower(log, lease.run, batch=30).batches()]
        assert sizes == [30, 30, 30, 10]

    def test_raw_batches_hold_the_same_entries(self, log: Log) -> None:
        lease = start(log)
        write(log, lease, 100)
        raw = [one for batch in Follower(log, lease.run).raw_batches() for one in batch]
        assert [Entry(**orjson.loads(one)) for one in raw] == log.read(lease.run)

    def test_the_cursor_is_the_last_entry_handed_out(self, log: Log) -> None:
        lease = start(log)
        write(log, lease, 100)
        follower = Follower(log, lease.run)
        assert [next(iter(follower)).cursor for _ in range(3)] == [1, 2, 3]
        assert follower.cursor == 3
        another = Follower(log, lease.run, after=follower.cursor)
        assert [entry.cursor for entry in another] == list(range(4, 101))

    def test_closing_ends_a_waiting_follower_at_once(self, log: Log, waiting: Lease) -> None:
        follower = Follower(log, waiting.run)
        seen: list[Entry] = []
        thread = threading.Thread(target=lambda: seen.extend(follower))
        thread.start()
        wait_until(lambda: len(seen) == 2, "the follower has what there is")
        follower.close()
        thread.join(2)
        assert not thread.is_alive()
        assert list(follower) == []

    def test_leaving_a_with_block_closes(self, log: Log, waiting: Lease) -> None:
        with Follower(log, waiting.run) as follower:
            assert next(iter(follower)).cursor == 1
        assert list(follower) == []

    def test_following_a_run_deleted_meanwhile_says_so(self, log: Log) -> None:
        lease = start(log)
        close(log, lease)
        follower = Follower(log, lease.run)
        log.delete(lease.run)
        with pytest.raises(UnknownRun):
            list(follower)

    def test_an_unknown_run_and_a_wrong_cursor_are_refused(self, log: Log) -> None:
        with pytest.raises(UnknownRun):
            list(Follower(log, "nobody"))
        with pytest.raises(InvalidCursor):
            Follower(log, new_run(log).id, after=-1)

    def test_a_forgotten_follower_stops_watching(self, log: Log, waiting: Lease) -> None:
        stopped: list[str | None] = []

        class Watched:
            """The log, with an ear on who stops watching."""

            def __getattr__(self, name: str) -> object:
                return getattr(log, name)

            def watch(self, ring: Callable[[], None], run: str | None = None) -> object:
                unwatch = log.watch(ring, run)

                def stop() -> None:
                    unwatch()
                    stopped.append(run)

                return stop

        for _ in Follower(cast("Log", Watched()), waiting.run):
            break
        gc.collect()
        assert stopped == [waiting.run]

    def test_async_followers_see_the_same(self, log: Log) -> None:
        lease = start(log)

        async def follow(after: int) -> list[Entry]:
            async with Follower(log, lease.run, after, batch=16) as follower:
                return [entry async for entry in follower]

        async def both() -> list[list[Entry]]:
            writing = asyncio.create_task(asyncio.to_thread(write, log, lease, 200))
            seen = await asyncio.gather(follow(0), follow(0), follow(150))
            await writing
            return list(seen)

        whole = asyncio.run(both())
        assert whole == [log.read(lease.run)] * 2 + [log.read(lease.run, after=150)]

    def test_async_raw_batches_hold_the_same_entries(self, log: Log) -> None:
        lease = start(log)
        write(log, lease, 50)

        async def follow() -> list[bytes]:
            batches = Follower(log, lease.run, batch=7).araw_batches()
            return [one async for batch in batches for one in batch]

        assert asyncio.run(follow()) == log.read_raw(lease.run)

    def test_closing_from_another_thread_ends_an_async_wait_at_once(
        self, log: Log, waiting: Lease
    ) -> None:
        follower = Follower(log, waiting.run)
        seen: list[Entry] = []

        async def follow() -> None:
            async for entry in follower:
                seen.append(entry)
                if len(seen) == 2:
                    threading.Thread(target=follower.close).start()

        asyncio.run(asyncio.wait_for(follow(), 10))
        assert [entry.cursor for entry in seen] == [1, 2]

    def test_a_cancelled_task_leaves_the_log_alone(self, log: Log, waiting: Lease) -> None:
        async def follow() -> None:
            async for _ in Follower(log, waiting.run):
                pass

        async def cancel() -> None:
            task = asyncio.create_task(follow())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(cancel())
        assert log.append(waiting, arrivals(1), after=2).result() == 3

    def test_an_append_from_an_event_loop_can_be_awaited(self, log: Log, waiting: Lease) -> None:
        async def append() -> int:
            end = Closing(status="completed")
            done = log.append(waiting, [terminal()], after=2, closing=end)
            return await asyncio.wrap_future(done)

        assert asyncio.run(append()) == 3
