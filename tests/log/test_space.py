"""No more room: what cannot be written is refused whole, and goes on once there is some."""

import subprocess
import sys
from pathlib import Path

from tests.support.needs import lacking
from tests.support.processes import python
from workbench.log.check import check
from workbench.log.disk import DiskLog

FILL = """
import resource, sys
from pathlib import Path
from tests.support.logs import arrivals, start
from workbench.errors import LogUnavailable
from workbench.log.disk import DiskLog
log = DiskLog(Path(sys.argv[1]))
one, two = start(log), start(log)
log.append(two, arrivals(1), after=0).result()
size = log.store.wal.stat().st_size + 400_000
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
head = 0
try:
    while True:
        head = log.append(one, arrivals(10, "x" * 5000), after=head).result()
except LogUnavailable as error:
    refused = str(error)
assert log.head(one.run) == (head, False), log.head(one.run)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
assert log.append(one, arrivals(10, "y" * 5000), after=head).result() == head + 10
assert log.append(two, arrivals(1), after=1).result() == 2
assert [e.cursor for e in log.read(one.run)] == list(range(1, head + 11))[:1000]
log.close()
print(head, refused)
"""


def test_when_nothing_more_can_be_written_the_append_is_refused_whole(folder: Path) -> None:
    """The system's own limit on file sizes stops the write in the middle of a transaction."""
    head, _, sentence = python(FILL, folder).partition(" ")
    assert int(head) > 0
    assert "could not be read or written" in sentence or "full" in sentence
    log = DiskLog(folder)
    assert check(log) == []
    log.close()


SMALL_DISK = """
set -e
mount -t tmpfs -o size=3m tmpfs "$1"
exec "$2" -c "$3" "$1/log"
"""
FULL_DISK = """
import sys
from pathlib import Path
from tests.support.logs import arrivals, close, start
from workbench.errors import LogUnavailable
from workbench.log.check import check
from workbench.log.disk import DiskLog
folder = Path(sys.argv[1])
log = DiskLog(folder)
ballast = folder.parent / "ballast"
ballast.write_bytes(b"x" * 1_000_000)
lease, head = start(log), 0
try:
    while True:
        head = log.append(lease, arrivals(10, "x" * 5000), after=head).result()
except LogUnavailable as error:
    refused = str(error)
assert log.head(lease.run) == (head, False)
ballast.unlink()
assert log.append(lease, arrivals(10, "y" * 500), after=head).result() == head + 10
close(log, lease)
assert check(log) == []
log.close()
print(refused)
"""


def test_a_full_disk_refuses_and_works_again_once_there_is_room(tmp_path: Path) -> None:
    assert "is full" in on_a_small_disk(FULL_DISK, tmp_path)


def on_a_small_disk(code: str, tmp_path: Path) -> str:
    """What the code prints on a real file system of three megabytes, in its own namespace."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["unshare", "--mount", "sh", "-c", SMALL_DISK, "sh", disk, sys.executable, code]
    try:
        done = subprocess.run(
            [*map(str, command)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
        )
    except FileNotFoundError:
        lacking("unshare")
    if "permission denied" in done.stderr.lower() or "not permitted" in done.stderr.lower():
        lacking("the right to mount a file system")
    assert done.returncode == 0, done.stderr
    return done.stdout


NEW_FOLDER_ON_A_FULL_DISK = """
import sys
from pathlib import Path
from tests.support.disks import fill
from workbench.errors import LogUnavailable
from workbench.log.disk import DiskLog
folder = Path(sys.argv[1])
ballast = folder.parent / "ballast"
fill(ballast)
try:
    DiskLog(folder)
except LogUnavailable as error:
    print(error)
ballast.unlink()
DiskLog(folder).close()
"""


def test_a_folder_that_could_not_be_made_on_a_full_disk_is_made_later(tmp_path: Path) -> None:
    assert "is full" in on_a_small_disk(NEW_FOLDER_ON_A_FULL_DISK, tmp_path)


OLD_FOLDER_ON_A_FULL_DISK = """
import sys
from pathlib import Path
from tests.support.disks import fill
from tests.support.logs import arrivals, start
from workbench.errors import LogUnavailable
from workbench.log.disk import DiskLog
folder = Path(sys.argv[1])
log = DiskLog(folder)
log.append(start(log), arrivals(3), after=0).result()
log.close()
ballast = folder.parent / "ballast"
fill(ballast)
try:
    DiskLog(folder)
except LogUnavailable as error:
    print(error)
ballast.unlink()
log = DiskLog(folder)
assert len(log.read(log.runs()[0].id)) == 3
log.close()
"""


def test_opening_a_log_on_a_full_disk_says_what_to_do(tmp_path: Path) -> None:
    assert "is full: free some space" in on_a_small_disk(OLD_FOLDER_ON_A_FULL_DISK, tmp_path)
