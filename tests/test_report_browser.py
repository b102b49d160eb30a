"""The report page in headless Chromium: its viewers, keys, widths, colours, and 10,000 traces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import chromium, opened
from smepo.report import Episode, Part, Turn, build
from smepo.types import Blank, Kind, Role, Status
from test_report import EVIL, card, report

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def _entity(n: int) -> Any:
    text = f"It was {n} Paris in row {n}."
    start = text.index("Paris")
    blank = Blank(
        Kind.ENTITY, Role.CONCLUSION, start, start + 5, "Paris", "[ENTITY_1]", audit=n % 2 == 0
    )
    return card(
        id=f"s-{n}",
        domain="search",
        status=Status.REPAIRED,
        question=f"Which town is number {n}?",
        parts=(Part(text, (blank,), "assistant"),),
    )


def _talk(n: int) -> Episode:
    turns = (
        Turn("user", f"Where is the town of {n}?", "user"),
        Turn("assistant calls search", '{"query": "town"}', "call"),
        Turn("tool: search", "Paris is a town.", "tool"),
        Turn("assistant", f"Town {n}: finish[Paris]", "assistant"),
    )
    return Episode(
        f"e-{n}",
        f"Where is {n}?",
        "Paris",
        turns,
        "correct",
        float(n % 2),
        10 if n == 4 else n,
        "SMEPO",
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    held = card(id="held", status=Status.LEAKS, reason="leaks", question=EVIL)
    traces = (card(), held, *(_entity(n) for n in range(40)))
    data = report(
        traces=traces,
        traces_total=len(traces),
        episodes=tuple(_talk(n) for n in range(5)),
        episodes_total=5,
    )
    return build(data, tmp_path_factory.mktemp("report") / "report.html")


def _ready(tab: Any) -> Any:
    tab.wait_for_selector("#traces-viewer[data-ready]")
    return tab.locator("#traces-viewer")


def test_traces_can_be_read_filtered_and_searched(browser: Any, page: Path) -> None:
    with opened(browser, page) as tab:
        viewer = _ready(tab)
        count, record = viewer.locator(".count"), viewer.locator("article")
        assert count.inner_text() == "42 traces"
        sides = record.locator(".side .text")
        assert sides.all_inner_texts() == ["So 6 * 7 = 42.", "So 6 * 7 = [NUMBER_1]."]
        assert record.locator("mark.k-number").count() == 2

        viewer.get_by_label("Kind").select_option("entity")
        tab.wait_for_selector(".count >> text=40 of 42 traces")
        viewer.get_by_label("Found by audit").select_option("yes")
        tab.wait_for_selector(".count >> text=20 of 42 traces")
        viewer.get_by_role("searchbox").fill("PARIS IN ROW 38")
        tab.wait_for_selector(".count >> text=1 of 42 traces")
        assert record.locator("mark.blank.audit").inner_text() == "[ENTITY_1]"
        viewer.get_by_role("searchbox").fill("nowhere")
        tab.wait_for_selector("text=None of the traces matches.")


def test_what_is_held_back_says_so_and_evil_text_stays_text(browser: Any, page: Path) -> None:
    with opened(browser, page) as tab:
        viewer = _ready(tab)
        viewer.get_by_label("Status").select_option("leaks")
        tab.wait_for_selector("text=this row trains unguided")
        assert viewer.locator("article .question").inner_text() == EVIL
        assert tab.locator("img").count() == 0


def test_keys(browser: Any, page: Path) -> None:
    with opened(browser, page) as tab:
        record = _ready(tab).locator("article")
        tab.locator("#traces-viewer").scroll_into_view_if_needed()
        tab.keyboard.press("j")
        tab.keyboard.press("j")
        tab.wait_for_selector("article >> text=Which town is number 0?")
        assert tab.locator("#traces-viewer [aria-selected=true] small").inner_text() == (
            "s-0 · repaired"
        )
        assert "[ENTITY_1]" in record.inner_text()
        tab.keyboard.press("r")
        tab.wait_for_selector("article mark.blank:text-is('Paris')")
        tab.keyboard.press("v")
        tab.wait_for_selector(".sides.inline")
        tab.keyboard.press("/")
        assert tab.evaluate("document.activeElement.type") == "search"
        tab.keyboard.press("Escape")
        tab.keyboard.press("k")
        tab.wait_for_selector("article >> text=this row trains unguided")
        tab.locator("#traces-viewer .window").focus()
        tab.keyboard.press("End")
        tab.wait_for_selector("article >> text=Which town is number 39?")
        tab.keyboard.press("ArrowUp")
        tab.wait_for_selector("article >> text=Which town is number 38?")


def test_transcripts_show_every_turn(browser: Any, page: Path) -> None:
    with opened(browser, page) as tab:
        viewer = tab.locator("#transcripts-viewer")
        tab.wait_for_selector("#transcripts-viewer[data-ready]")
        viewer.get_by_label("Reward").select_option("1")
        tab.wait_for_selector("text=2 of 5 transcripts")
        speakers = viewer.locator(".turn .speaker").all_inner_texts()
        assert speakers == ["user", "assistant calls search", "tool: search", "assistant"]
        assert viewer.locator(".turn.assistant .text").inner_text() == "Town 1: finish[Paris]"
        viewer.get_by_label("Reward").select_option("")
        calls = viewer.get_by_label("Calls of tools")
        assert calls.inner_text().split() == ["all", "0", "1", "2", "3", "10"]
        calls.select_option("10")
        tab.wait_for_selector("text=1 of 5 transcripts")
        assert viewer.locator(".entry small").inner_text().startswith("correct · reward 0 · e-4")


def test_nothing_is_wider_than_a_phone(browser: Any, page: Path) -> None:
    with opened(browser, page, **PHONE) as tab:
        viewer = _ready(tab)
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert tab.evaluate(wide) == 0
        assert viewer.locator(".sides.inline").count() == 1  # one column
        viewer.locator("mark.blank").first.tap()
        assert viewer.locator("mark.blank").first.inner_text() == "42"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_both_schemes(browser: Any, page: Path, scheme: str) -> None:
    """WCAG 2.1 AA asks for 4.5 to 1 (contrast as it defines it)."""
    with opened(browser, page, color_scheme=scheme) as tab:
        _ready(tab)
        for selector in ("h1", ".detail", ".count", "article mark.blank", "td.n", ".entry small"):
            colours = tab.locator(selector).first.evaluate(
                """node => {
                  const ground = (n) => getComputedStyle(n).backgroundColor;
                  let under = node;
                  while (ground(under) === 'rgba(0, 0, 0, 0)') under = under.parentElement;
                  return [getComputedStyle(node).color, ground(under)];
                }"""
            )
            assert _contrast(*colours) >= 4.5, selector


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(x) / 255 for x in colour[colour.index("(") + 1 : -1].split(",")[:3]]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_ten_thousand_traces_are_listed_but_not_drawn(browser: Any, tmp_path: Path) -> None:
    """Only entries in sight are in the document, wherever the list is scrolled to."""
    traces = tuple(_entity(n) for n in range(10_000))
    page = build(report(traces=traces, traces_total=10_000), tmp_path / "large.html")
    with opened(browser, page) as tab:
        viewer = _ready(tab)
        assert viewer.locator(".count").inner_text() == "10,000 traces"
        assert viewer.locator(".entry").count() < 40
        viewer.locator(".window").evaluate("node => { node.scrollTop = node.scrollHeight; }")
        tab.wait_for_selector(".entry small:has-text('s-9999')")
        assert viewer.locator(".entry").count() < 40
        viewer.get_by_role("searchbox").fill("in row 7777.")
        tab.wait_for_selector("text=1 of 10,000 traces")
