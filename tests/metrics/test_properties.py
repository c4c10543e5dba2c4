from itertools import permutations

from hypothesis import given, settings, strategies as st

from tests.metrics.handmade import HandMade, cut_and_resumed, plain
from workbench.events import Entry, Fact, RunInfo, RunRequest
from workbench.metrics import measure, seams
from workbench.metrics.health import health, point

TEXT_METRICS = (
    "characters",
    "words",
    "summary_characters",
    "tool_characters",
    "output_events",
    "events",
    "output_tokens",
    "answer_tokens",
)

pieces = st.lists(
    st.tuples(
        st.floats(0.001, 2), st.sampled_from(["text", "summary", "tool"]), st.text(min_size=1)
    ),
    min_size=1,
    max_size=30,
)


def told(steps: list[tuple[float, str, str]], cuts: set[int]) -> HandMade:
    """The same output, with a cut and a resume before each piece whose index is in `cuts`."""
    run, at = HandMade().start(0.0).connected(0.0).created(0.0), 0.0
    for i, (step, kind, text) in enumerate(steps):
        if i in cuts:
            run.interrupted(at, "cut", bytes=10)
            run.start(at + step / 2, "resume", after=run.sequence - 1)
        at += step
        run.piece(at, text, kind)
    return run.completed(at, output_tokens=5).ended(at, bytes=10).closed(at)


@settings(max_examples=60)
@given(pieces, st.sets(st.integers(0, 29)))
def test_a_resume_never_changes_the_text_metrics(
    steps: list[tuple[float, str, str]], cuts: set[int]
) -> None:
    whole, cut = measure(told(steps, set()).entries), measure(told(steps, cuts).entries)
    for name in TEXT_METRICS:
        assert cut[name] == whole[name], name
    assert cut["reader_done_s"] == whole["reader_done_s"]


@settings(max_examples=60)
@given(pieces, st.sets(st.integers(0, 29)))
def test_every_cut_is_a_seam_and_every_resumed_run_is_proven(
    steps: list[tuple[float, str, str]], cuts: set[int]
) -> None:
    report = seams.report(told(steps, cuts).entries)
    assert len(report.seams) == len([cut for cut in cuts if cut < len(steps)])
    assert report.holds is True


def test_other_runs_change_nothing() -> None:
    runs = [plain().entries, cut_and_resumed().entries, told([(1.0, "text", "a")], {0}).entries]
    alone = [measure(run).to_dict() for run in runs]
    for order in permutations(range(len(runs))):
        measured = {i: measure(runs[i]).to_dict() for i in order}
        assert [measured[i] for i in range(len(runs))] == alone


@given(st.lists(st.integers(0, 500), min_size=1, max_size=6))
def test_counts_are_the_same_however_many_connections_they_are_split_over(
    parts: list[int],
) -> None:
    split = HandMade().start(0.0)
    for i, part in enumerate(parts[:-1]):
        split.interrupted(i + 0.5, bytes=part, duplicates=part, bytes_twice=part)
        split.start(i + 1.0, "resume")
    total = sum(parts)
    split.ended(99.0, bytes=parts[-1], duplicates=parts[-1], bytes_twice=parts[-1])
    whole = HandMade().start(0.0).ended(99.0, bytes=total, duplicates=total, bytes_twice=total)
    for name in ("bytes_received", "bytes_twice", "duplicates"):
        assert measure(split.entries)[name] == measure(whole.entries)[name] == total


@given(st.data())
def test_facts_that_measure_nothing_change_nothing(data: st.DataObject) -> None:
    before = plain().entries
    extra = [Fact.ADAPTED, Fact.FAULT, Fact.GARBLED, Fact.UNLOGGED]
    at = data.draw(st.integers(1, len(before)))
    stranger = Entry(0, before[at - 1].at, {"type": data.draw(st.sampled_from(extra))})
    mixed = [*before[:at], stranger, *before[at:]]
    after = [Entry(i, entry.at, entry.event) for i, entry in enumerate(mixed, start=1)]
    assert measure(after).to_dict() == measure(before).to_dict()


def test_measuring_in_the_middle_of_a_run_never_fails() -> None:
    entries = cut_and_resumed().entries
    for end in range(len(entries) + 1):
        measure(entries[:end]).to_dict()
        seams.report(entries[:end]).to_dict()


odd: st.SearchStrategy[object] = st.sampled_from(
    [None, 7, -1, 1.5, True, "", "x", [], {}, [1], {"a": 1}, {"code": []}]
)


@settings(max_examples=80)
@given(st.data())
def test_no_field_of_an_odd_kind_keeps_a_run_from_being_measured(data: st.DataObject) -> None:
    """A provider, or a file, may put anything anywhere; one such run must not hide the others."""
    entries = cut_and_resumed().entries
    for place in data.draw(st.sets(st.sampled_from(range(len(entries))), min_size=1)):
        entry = entries[place]
        name = data.draw(st.sampled_from([*(set(entry.event) - {"type"}), "error", "item"]))
        entries[place] = entry._replace(event={**entry.event, name: data.draw(odd)})
    info = RunInfo(id="r1", created_at=0.0, status="failed", request=RunRequest(input="x"))
    measured = point(info, measure(entries))
    assert health([measured], now=1.0)["runs"] == 1
    assert seams.report(entries).to_dict()
