"""What each durability asks of the disk; whether the disk obeys is not tested here."""

import os
from pathlib import Path

import pytest

from tests.support.logs import arrivals, start
from tests.support.waiting import wait_until
from workbench.log.base import Durability
from workbench.log.disk import DiskLog

_SYNCHRONOUS = {"normal": 1, "full": 2}  # SQLite's numbers: at checkpoints, at every commit


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were synced, in order."""
    names: list[str] = []
    fsync = os.fsync

    def noting(file: int) -> None:
        fsync(file)
        names.append(Path(f"/proc/self/fd/{file}").resolve().name)

    monkeypatch.setattr(os, "fsync", noting)
    return names


@pytest.mark.parametrize("durability", ["normal", "full"])
def test_the_writer_syncs_every_commit_with_durability_full_alone(
    tmp_path: Path, durability: Durability
) -> None:
    log = DiskLog(tmp_path / "log", durability=durability)
    with log.store.writing() as sql:
        assert sql("PRAGMA synchronous").fetchone() == (_SYNCHRONOUS[durability],)
    log.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc to name open files")
def test_what_is_acknowledged_is_synced_soon_after(tmp_path: Path, synced: list[str]) -> None:
    log = DiskLog(tmp_path / "log")
    lease = start(log)
    for head in range(3):
        synced.clear()
        log.append(lease, arrivals(1), after=head).result()
        wait_until(lambda: synced == ["cache.db-wal"], "the write-ahead log is synced")
    log.close()
