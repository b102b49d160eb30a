"""One row prepared or judged: which trace is taken, which status it gets, what is counted."""

import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smepo.data.blanks import blanks_from_json, blanks_to_json
from smepo.errors import ConfigError
from smepo.pipeline.judge import JudgeOptions, align, judge
from smepo.pipeline.prepare import MaskOptions, check, prepare
from smepo.pipeline.tally import WORST, Tally
from smepo.types import AuditReport, Blank, Kind, Leak, Prepared, Role, Row, Status

MATH = MaskOptions()


def row_with(*traces, question="What is 6 times 7?", target="42", **columns):
    return Row("r", question, target, traces, columns)


def test_a_clean_row():
    done = prepare(row_with("So 6 * 7 = 42.\n#### 42"), MATH)
    assert done.status is Status.CLEAN
    assert done.guidance == "So 6 * 7 = [NUMBER_1].\n#### [NUMBER_1]"
    assert (done.trace_index, len(done.blanks), done.report.leaks) == (0, 2, ())


@pytest.mark.parametrize(
    ("trace", "status"),
    [
        (None, Status.NO_TRACE),
        ("", Status.NO_TRACE),
        (" \n", Status.BROKEN),
        (17, Status.BROKEN),
        ({"a": "b"}, Status.BROKEN),
        ([{"role": "user", "content": "x"}, {"role": "user", "content": "y"}], Status.BROKEN),
    ],
)
def test_a_row_without_a_readable_trace(trace, status):
    done = prepare(row_with(trace), MATH)
    assert (done.status, done.guidance, done.blanks) == (status, None, ())
    assert done.reason


def test_no_trace_at_all_and_the_most_telling_of_several():
    assert prepare(row_with(), MATH).status is Status.NO_TRACE
    assert prepare(row_with(None, " ", None), MATH).status is Status.BROKEN


def test_the_first_trace_that_may_be_shown_is_taken():
    done = prepare(row_with(None, 5, "It is 42.", "Also 42."), MATH)
    assert (done.trace_index, done.guidance) == (2, "It is [NUMBER_1].")


CALLS = itertools.count()


def accepts_some(completion, target):
    """A reward of whims: every tenth answer is right, whatever it says."""
    return float(next(CALLS) % 10 == 0)


def fails(completion, target):
    raise RuntimeError("no judgement")


def test_a_trace_that_cannot_be_made_safe_is_not_shown():
    options = MaskOptions(verifier=f"{__name__}:accepts_some")
    words = " ".join(f"{a}{b}" for a in "abcdefghij" for b in "xyzuvw")
    done = prepare(row_with(words, target="Paris"), options)
    assert (done.status, done.guidance) == (Status.LEAKS, None)
    assert done.report.leaks


def test_a_reward_that_fails_is_never_taken_for_safe():
    done = prepare(row_with("x = 8, so 42."), MaskOptions(verifier=f"{__name__}:fails"))
    assert (done.status, done.guidance) == (Status.ERROR, None)


def test_a_control_mode_is_measured_and_shown():
    done = prepare(row_with("The answer is forty-two."), MaskOptions(mode="paper"))
    assert (done.status, done.guidance) == (Status.CONTROL, "The answer is forty-two.")
    assert done.report.leaks


def test_options_travel_and_bad_ones_are_refused_before_the_work():
    assert pickle.loads(pickle.dumps(MATH)) == MATH
    check(MATH)
    for bad in ({"mode": "none"}, {"domain": "poetry"}, {"verifier": "no.such:thing"}):
        with pytest.raises(ConfigError):
            check(MaskOptions(**bad))


# Judging what is masked already


def judged(text, *traces, **more):
    return judge(row_with(*traces, guidance=text, **more), JudgeOptions(MATH))


def test_own_output_is_judged_with_its_blanks():
    made = prepare(row_with("So 6 * 7 = 42.\n#### 42"), MATH)
    noted = {"guidance_blanks": blanks_to_json(made.blanks), "guidance_status": "clean"}
    done = judged(made.guidance, made.row.traces[0], **noted)
    assert (done.status, done.blanks) == (Status.CLEAN, made.blanks)
    assert done.report.metrics == made.report.metrics


def test_foreign_guidance_is_judged_with_what_is_known():
    leaking = judged("6 * 7 is 42", "6 * 7 is 42")
    assert (leaking.status, leaking.report.metrics["operators_share"]) == (Status.LEAKS, 1.0)
    assert judged("6 * 7 is [NUMBER]", "6 * 7 is 42").status is Status.CLEAN
    assert judged("Multiply them.", "6 * 7 is 42").report.metrics == {}, "not made from the trace"
    assert judged("Multiply them.").report.metrics == {}


def test_a_row_without_guidance_keeps_its_status():
    assert judged(None, guidance_status="leaks").status is Status.LEAKS
    assert judged(" ").status is Status.NO_TRACE


def test_align_finds_the_blanks():
    blanks = align("a = 12 + 30 = 42", "a = [NUMBER_1] + 30 = [EXPR]")
    assert [(b.start, b.end, b.text, b.kind) for b in blanks] == [
        (4, 6, "12", Kind.NUMBER),
        (14, 16, "42", Kind.EXPRESSION),
    ]
    assert align("same", "same") == ()
    for text in ("other", "b = [NUMBER]", "[NUMBER] x", "a = [NUMBER] - [NUMBER]"):
        assert align("a = 12 + 30 = 42", text) is None


@given(st.lists(st.text("ab []"), min_size=2), st.lists(st.text("0123", min_size=1), min_size=12))
def test_what_align_finds_turns_the_trace_into_the_text(pieces, hidden):
    hidden = hidden[: len(pieces) - 1] + ["9"] * (len(pieces) - 1 - len(hidden))
    trace = "".join(p + h for p, h in zip(pieces, [*hidden, ""], strict=True))
    text = "[NUMBER]".join(pieces)
    at, made = 0, ""
    for blank in align(trace, text):
        made += trace[at : blank.start] + blank.placeholder
        at = blank.end
    assert made + trace[at:] == text


# Counts


def test_blanks_survive_json():
    blanks = (
        Blank(Kind.NUMBER, Role.RESULT, 3, 5, "4\u20042", "[NUMBER_1]", audit=True),
        Blank(Kind.ENTITY, Role.CONCLUSION, 0, 1, "ü", "[ENTITY]", message=2),
    )
    assert blanks_from_json(blanks_to_json(blanks)) == blanks


def tally_of(*leaks):
    tally = Tally()
    for count in leaks:
        found = tuple(Leak("42", "number", n, n + 2) for n in range(count))
        metrics = {"operators": 4, "operators_kept": 3, "operators_share": 0.75}
        report = AuditReport(found, metrics, candidates=5)
        status = Status.LEAKS if count else Status.CLEAN
        tally.add(Prepared(row_with(), status, None if count else "x", report=report))
    return tally


def test_tallies_add_up_in_any_grouping():
    parts = [tally_of(0, 1), tally_of(3), tally_of(0)]
    whole = tally_of(0, 1, 3, 0)
    merged = Tally()
    for part in parts:
        merged.merge(Tally.from_json(part.as_json()))
    assert merged.report() == whole.report()
    assert merged.counts["leaking"] == 2
    assert merged.counts["leaking_shown"] == 0
    assert merged.structure()["operators"] == 0.75, "only guidance that is passed on is measured"
    assert merged.metrics["operators"] == 8
    assert [row["leaks"] for row in merged.worst] == [3, 1]


def test_the_list_of_worst_rows_is_bounded():
    tally = tally_of(*range(1, WORST + 20))
    assert len(tally.worst) == WORST
    assert tally.worst[0]["leaks"] == WORST + 19
    assert tally.counts["leaking"] == WORST + 19
