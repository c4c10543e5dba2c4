"""`workbench export`, `import` and `clean`."""

import pytest

from tests.support.benches import open_bench
from tests.support.command import Shell


@pytest.fixture
def run_id(shell: Shell) -> str:
    with open_bench(shell.folder) as wb:
        return wb.start("Say it", scenario="short").wait(20).id


def test_an_export_comes_back_as_the_same_run(shell: Shell, run_id: str) -> None:
    exported = shell.run("export", run_id).checked().raw

    again = shell.run("import", "-", stdin=exported).checked().stdout.strip()

    first, second = shell.json("show", run_id), shell.json("show", again)
    assert first["id"] != second["id"]
    assert first["text"] == second["text"]
    assert first["seams"] == second["seams"]


@pytest.mark.parametrize("format", ["csv", "har"])
def test_a_file_gets_the_format_of_its_name(shell: Shell, run_id: str, format: str) -> None:  # noqa: A002 - the option's name
    file = shell.folder / f"run.{format}"

    said = shell.json("export", run_id, "--output", file)

    with open_bench(shell.folder, runner=False) as wb:
        assert file.read_bytes() == wb.export(run_id, format)
    assert said == {
        "id": run_id,
        "format": format,
        "path": str(file),
        "bytes": file.stat().st_size,
    }


def test_a_terminal_is_not_flooded_with_bytes(shell: Shell, run_id: str) -> None:
    assert "--output" in shell.at_terminal("export", run_id, "--format", "parquet")


def test_clean_deletes_what_is_old_or_named(shell: Shell, run_id: str) -> None:
    with open_bench(shell.folder) as wb:
        other = wb.start("Say it", scenario="short").wait(20).id

    assert shell.run("clean").checked().stdout == "0\n"
    assert shell.json("clean", run_id)["deleted"] == 1
    assert [row["id"] for row in shell.json("runs")] == [other]
    assert shell.json("clean", "--older-than", "0s")["runs"] == 0
