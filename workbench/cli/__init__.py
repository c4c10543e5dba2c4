"""The command line: `workbench VERB`."""

from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what to exit with."""
    from workbench.cli.entry import enter

    return enter(arguments)
