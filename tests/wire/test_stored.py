"""What a stored event says of how near it is to what was sent."""

import pytest

from workbench.wire import responses
from workbench.wire.stored import Source, stored_event

DELTA = b'{"type": "response.output_text.delta", "delta":"\\"event\\":"}'


def entry(event: bytes) -> bytes:
    return b'{"cursor":7,"at":1.5,"event":%b}' % event


@pytest.mark.parametrize(
    ("event", "is_chat", "is_imported", "source"),
    [
        (DELTA, False, False, "received"),
        (DELTA, True, False, "translated"),
        (DELTA, False, True, "imported"),
        (responses.read(b'{"type":"x","delta":NaN}').json, False, False, "mended"),
        (responses.read(b'{"delta":"a"}', b"x").json, False, False, "mended"),
        (b'{"type":"x","workbench":{"filled":true}}', True, False, "filled"),
        (b'{"type":"x","workbench":"theirs"}', False, False, "received"),
        (b'{"type":"workbench.filled"}', True, True, "written"),
    ],
)
def test_an_event_tells_where_its_text_came_from(
    event: bytes, is_chat: bool, is_imported: bool, source: Source
) -> None:
    stored = stored_event(entry(event), is_chat=is_chat, is_imported=is_imported)
    assert stored == (event, source)


def test_a_head_ends_between_characters() -> None:
    stored = stored_event(entry('{"type":"é😀"}'.encode()))
    assert [stored.head(most) for most in (9, 10, 11, 14, 15, None)] == [
        '{"type":"',
        '{"type":"',
        '{"type":"é',
        '{"type":"é',
        '{"type":"é😀',
        '{"type":"é😀"}',
    ]
