"""What a page has measured is found again by its name, and by nothing else."""

import pytest

from workbench.app.keep import keep, kept
from workbench.service import Workbench


def test_what_is_kept_is_found_by_its_name(wb: Workbench) -> None:
    name = keep("labs", {"ok": True})
    assert kept("labs", name) == {"ok": True}
    assert kept("comparisons", name) is None


@pytest.mark.parametrize(
    "name", [None, "", "..", "../labs/x", "/etc/passwd", "x.json", "no\0thing"]
)
def test_no_name_leads_out_of_the_folder(wb: Workbench, name: str | None) -> None:
    (wb.settings.data / "x.json").write_text("{}")
    keep("labs", {})
    assert kept("labs", name) is None


def test_what_was_cut_short_while_it_was_kept_is_nothing(wb: Workbench) -> None:
    name = keep("labs", {"ok": True})
    (wb.settings.data / "labs" / f"{name}.json").write_text('{"ok": tr')
    assert kept("labs", name) is None
