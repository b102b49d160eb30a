"""The report page: what it says, that it is self-contained, and that traces cannot inject."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smepo.report import (
    Arm,
    Comparison,
    Episode,
    MaskSummary,
    Part,
    Point,
    ReportData,
    TraceCard,
    Turn,
    build,
)
from smepo.report.embed import PIECE, embedded, unpacked
from smepo.report.headline import difference, headline
from smepo.report.page import pieces, render
from smepo.report.svg import ticks
from smepo.report.text import duration, percent
from smepo.types import Blank, Kind, Leak, Role, Status

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!-- <script>"


def card(trace="So 6 * 7 = 42.", blanks=None, **changes):
    if blanks is None:
        start = trace.find("42")
        blanks = (Blank(Kind.NUMBER, Role.RESULT, start, start + 2, "42", "[NUMBER_1]"),)
    base = TraceCard(
        id="row-1",
        domain="math",
        mode="critical-path",
        status=Status.CLEAN,
        question="What is 6 * 7?",
        target="42",
        parts=(Part(trace, blanks),),
    )
    return replace(base, **changes)


def summary(**changes):
    base = MaskSummary(
        name="math samples",
        mode="critical-path",
        rows=10,
        statuses={Status.CLEAN: 8, Status.LEAKS: 2},
        audited=10,
        candidates=120,
        metrics={"hidden": 0.25, "words": 1.0},
    )
    return replace(base, **changes)


def arm(name, value, low, high, **changes):
    base = Arm(
        name=name,
        title=name.upper(),
        seed=0,
        steps=60,
        seconds=90.0,
        unguided=(Point(30, value / 2, 0.0, value), Point(60, value, low, high)),
        reward=tuple(Point(i, 0.5) for i in range(1, 61)),
        copy_rate=(Point(1, 0.4), Point(2, 0.6)),
        config="steps = 60",
    )
    return replace(base, **changes)


def comparison(*arms, **changes):
    base = Comparison(
        arms=arms or (arm("grpo", 0.05, 0.03, 0.08), arm("smepo", 0.2, 0.16, 0.25)),
        problems=256,
        samples=1,
        baseline="grpo",
        base=Point(0, 0.03, 0.01, 0.06),
    )
    return replace(base, **changes)


def report(**changes):
    base = ReportData(
        title="a report",
        created="today",
        command="smepo demo --out demo",
        summaries=(summary(),),
        traces=(card(),),
        traces_total=1,
        comparison=comparison(),
        environment={"python": "3.11"},
    )
    return replace(base, **changes)


class Page(HTMLParser):
    """Tags, attributes and script bodies of a page, as a browser's parser would see them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.text, self._script = [], [], "", None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self._script = ""

    def handle_endtag(self, tag):
        if tag == "script":
            self.scripts.append(self._script)
            self._script = None

    def handle_data(self, data):
        if self._script is None:
            self.text += data
        else:
            self._script += data


def test_page_has_every_section():
    page = Page(render(report()))
    ids = {attrs.get("id") for _, attrs in page.tags}
    assert {"hidden", "leaked", "learned", "reproduce"} <= ids
    assert "smepo demo --out demo" in page.text
    assert "3.11" in page.text
    assert len([tag for tag, _ in page.tags if tag == "svg"]) == 8
    assert "<built-in" not in page.text


def test_a_data_set_has_no_section_on_learning():
    page = Page(render(report(comparison=None)))
    assert "learned" not in {attrs.get("id") for _, attrs in page.tags}
    assert "8 of 10 rows carry guidance" in page.text
    assert "leaks 2" in page.text


def test_self_contained():
    """No address of any kind: nothing is loaded, and nothing could be."""
    text = render(report())
    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import", text)
    for tag, attrs in Page(text).tags:
        assert "src" not in attrs
        assert tag != "link"
        assert (attrs.get("href") or "#").startswith("#")


@pytest.mark.parametrize("place", ["id", "question", "target", "reason", "domain", "mode"])
def test_a_trace_cannot_inject(place):
    clean = Page(render(report()))
    page = Page(render(report(traces=(card(**{place: EVIL}),))))
    assert page.tags == clean.tags
    held = {**unpacked(page.scripts[0])[0], **unpacked(page.scripts[1])[0]}
    assert held[{"target": "t", "reason": "r"}.get(place, place[0])] == EVIL


def test_trace_text_leaks_and_speakers_cannot_inject():
    blank = Blank(Kind.ANSWER, Role.CONCLUSION, 0, len(EVIL), EVIL, "[ANSWER]")
    evil = card(
        parts=(Part(EVIL + EVIL, (blank,), speaker=EVIL),), leaks=(Leak(EVIL, "number", 0, 1),)
    )
    page = Page(render(report(traces=(evil,))))
    assert [tag for tag, _ in page.tags if tag == "script"] == ["script"] * 3
    assert "img" not in {tag for tag, _ in page.tags}
    assert unpacked(page.scripts[1])[0]["p"][0][1][0][0] == EVIL


def test_static_parts_escape_too():
    evil = arm(EVIL, 0.1, 0.0, 0.2, note=EVIL, config=EVIL, command=EVIL)
    failed = arm("x", 0.1, 0.0, 0.2, title=EVIL, error=EVIL)
    data = report(
        title=EVIL,
        created=EVIL,
        command=EVIL,
        notes=(EVIL,),
        environment={EVIL: EVIL},
        summaries=(summary(name=EVIL, mode=EVIL),),
        comparison=comparison(evil, failed, note=EVIL, subject=EVIL),
        episodes=(Episode(EVIL, EVIL, EVIL, (Turn(EVIL, EVIL, EVIL),), EVIL, source=EVIL),),
    )
    page = Page(render(data))
    assert [tag for tag, _ in page.tags if tag == "script"] == ["script"] * 5
    assert "img" not in {tag for tag, _ in page.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]


def test_policy_lets_only_our_script_run():
    page = Page(render(report()))
    policy = next(a["content"] for t, a in page.tags if t == "meta" and "Policy" in str(a))
    assert policy.startswith("default-src 'none'")
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]+'$", policy)


@given(st.text(), st.text(min_size=1), st.text())
def test_pieces_join_to_the_trace(before, hidden, after):
    """The viewer gets the trace byte for byte, whatever it holds (offsets are code points)."""
    blank = Blank(Kind.NUMBER, Role.RESULT, len(before), len(before + hidden), hidden, "[NUMBER_1]")
    found = pieces(Part(before + hidden + after, (blank,)))
    assert "".join(p if isinstance(p, str) else p[0] for p in found) == before + hidden + after
    assert [p[3] for p in found if isinstance(p, list)] == ["[NUMBER_1]"]


def test_records_are_packed_in_pieces_that_keep_their_order():
    records = [{"n": n} for n in range(2 * PIECE + 1)]
    page = Page(embedded("x", records, records))
    assert [attrs["id"] for _, attrs in page.tags] == ["x", "x-0", "x-1", "x-2"]
    assert unpacked(page.scripts[0]) == records
    assert [one for piece in page.scripts[1:] for one in unpacked(piece)] == records


def test_lone_surrogates_can_be_written(tmp_path):
    page = build(report(title="\ud800", traces=(card("\udfff 42"),)), tmp_path / "new" / "r.html")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_headline_says_what_the_intervals_allow():
    text = headline(report())
    assert "SMEPO 20 % (16.0 to 25.0), GRPO 5 % (3.0 to 8.0)" in text.statement
    assert text.statement.endswith("SMEPO is above GRPO.")
    assert "SMEPO is above GRPO (+15.0 points" in text.detail
    assert "One seed an arm" in text.detail


def test_headline_does_not_claim_noise():
    same = comparison(arm("grpo", 0.05, 0.03, 0.08), arm("smepo", 0.06, 0.04, 0.09))
    text = headline(report(comparison=same))
    assert "No difference to GRPO is separable from noise" in text.statement
    assert "SMEPO is not separable from GRPO" in text.detail
    assert "above" not in text.statement + text.detail


def test_a_failed_arm_is_shown_as_failed():
    failed = arm("full", 0.0, 0.0, 0.0, unguided=(), reward=(), copy_rate=(), error="exit status 3")
    data = report(comparison=comparison(*comparison().arms, failed))
    text = headline(data)
    assert text.failed
    assert "FULL failed." in text.statement
    page = Page(render(data))
    assert "exit status 3" in page.text


def test_what_a_failed_arm_reached_on_the_way_is_not_its_result():
    failed = arm("full", 0.9, 0.8, 0.95, error="ended by SIGKILL")
    assert failed.final is None
    data = report(comparison=comparison(*comparison().arms, failed))
    assert "90 %" not in headline(data).statement
    assert ">90.0 %</text>" not in render(data)
    assert ">20.0 %</text>" in render(data)


def test_all_arms_failed():
    failed = arm("grpo", 0.0, 0.0, 0.0, unguided=(), reward=(), copy_rate=(), error="killed")
    data = report(comparison=comparison(failed))
    assert headline(data).statement == "No arm finished, so nothing was learned."
    assert "killed" in Page(render(data)).text


def test_unaudited_rows_are_not_called_safe():
    unknown = summary(audited=0, candidates=0, statuses={Status.UNAUDITED: 10})
    data = report(comparison=None, summaries=(unknown,))
    assert "not audited" in render(data)
    assert "not known" in headline(data).statement


def test_carried_traces_are_counted():
    assert "carries 1 of\n    5,000 traces" in Page(render(report(traces_total=5000))).text


def wilson(hits, n, z=1.959964):
    centre, spread = hits + z * z / 2, z * (hits * (n - hits) / n + z * z / 4) ** 0.5
    return Point(0, hits / n, (centre - spread) / (n + z * z), (centre + spread) / (n + z * z))


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    # Newcombe (1998), method 10, his examples (a) and (c)
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090)],
)
def test_difference_of_two_accuracies(a, b, low, high):
    gap = difference(wilson(*a), wilson(*b))
    assert gap.low == pytest.approx(low, abs=1e-4)
    assert gap.high == pytest.approx(high, abs=1e-4)
    assert gap.separable


def test_a_difference_without_intervals_is_not_separable():
    assert not difference(Point(0, 0.9), Point(0, 0.1)).separable


@given(st.floats(1e-6, 1e6))
def test_ticks_cover_the_range(high):
    values = ticks(high)
    assert values[0] == 0
    assert values[-1] >= high * (1 - 1e-6)
    assert 3 <= len(values) <= 7


def test_only_a_whole_is_100_percent():
    shown = [percent(v) for v in (0, 1, 0.5, 0.1234, 0.99998, 0.0002)]
    assert shown == ["0 %", "100 %", "50 %", "12.3 %", "99.998 %", "0.02 %"]


def test_duration():
    assert [duration(s) for s in (2.345, 59.7, 83, 3700)] == [
        "2.3 s",
        "1 min 0 s",
        "1 min 23 s",
        "1 h 1 min",
    ]
