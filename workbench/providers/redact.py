"""API keys out of every text that a person may see."""

import re
from typing import Any

__all__ = ["redact"]

# What keys look like when nobody says which key was used: a provider quotes the one it refused.
_KEY_SHAPED = re.compile(
    r"""
    (?P<before>\bBearer\s+|\b(?:api[-_]?key|access_token|x-goog-api-key)["']?\s*[=:]\s*["']?)
        [^\s"'&,;]{6,}
    | \b(?:sk|pk|gsk|xai|rk|sess)[-_][A-Za-z0-9*_-]{6,}
    """,
    re.VERBOSE | re.IGNORECASE,
)
_USER_IN_URL = re.compile(r"(?<=://)[^\s/@?#\"']+(?=@)")
_HIDDEN = "[key]"


def redact(value: Any, *keys: str | None) -> Any:
    """The same text or JSON value without these keys, nor anything that looks like one."""
    match value:
        case str():
            for key in keys:
                if key:
                    value = value.replace(key, _HIDDEN)
            value = _USER_IN_URL.sub(_HIDDEN, value)
            return _KEY_SHAPED.sub(lambda found: (found["before"] or "") + _HIDDEN, value)
        case dict():
            return {redact(name, *keys): redact(one, *keys) for name, one in value.items()}
        case list():
            return [redact(one, *keys) for one in value]
        case _:
            return value
