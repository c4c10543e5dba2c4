"""Events that say where they belong, so that one in a wrong place is seen."""

import orjson

__all__ = ["event"]


def event(run: str, cursor: int) -> bytes:
    padding = "x" * (cursor * 7919 % 400)
    return orjson.dumps({"type": "test", "run": run, "n": cursor, "padding": padding})
