"""What the gateway accepts and how it paces what it sends."""

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    body_bytes: int = 8 * 1024 * 1024
    followers: int = 4000
    unfinished_runs: int = 1000
    heartbeat_s: float = 10.0
    # A browser draws sixty times a second at best; twenty batches a second look continuous.
    batch_s: float = 0.05
