"""A domain of one's own (SQL, in `examples/`) through every command that reads it."""

import json
import re
import shutil

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import smepo
import smepo.cli.audit
import smepo.cli.mask
import smepo.cli.preview
import smepo.cli.report
from conftest import ROOT
from smepo.errors import ConfigError, InputError
from smepo.types import Kind, Leak, Role, Span

EXAMPLES = ROOT / "examples"
OWN = ("--domain", "sql_domain:spans", "--verifier", "sql_domain:same_rows", "--workers", "1")


@pytest.fixture
def sql(monkeypatch):
    """The example's module."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import sql_domain

    return sql_domain


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Call a command in a folder that holds the example; errors of smepo are raised."""
    for name in ("sql_domain.py", "sql.jsonl"):
        shutil.copy(EXAMPLES / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    for command in (smepo.cli.audit, smepo.cli.mask, smepo.cli.preview, smepo.cli.report):
        command.register(app)

    def run(*arguments):
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return run


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_mask_audit_preview_and_report(call, tmp_path):
    said = json.loads(call("mask", "sql.jsonl", "out.jsonl", *OWN, "--strict", "--json"))
    assert said["statuses"] == {"clean": 4, "repaired": 1}
    made = rows(tmp_path / "out.jsonl")
    assert "filter with `[CODE_2]` and drop repeated names" in made[0]["guidance"]
    assert "the names in `customers`" in made[0]["guidance"]
    for row in made:
        assert row["target"]["query"] not in row["guidance"]
        assert not re.search(r"(?i)select\s", row["guidance"])

    said = json.loads(call("audit", "out.jsonl", "--workers", "1", "--strict", "--json"))
    assert said["leak_rate"] == 0.0
    assert said["counts"]["candidates"] > 0
    assert "clean" in call("preview", "out.jsonl", "--row", "1")
    assert "repaired" in call("preview", "sql.jsonl", "--row", "4", *OWN[:4])
    said = json.loads(call("report", "out.jsonl", "--json"))
    assert "5 of 5 rows carry guidance" in said["headline"]


def test_the_audit_hides_what_the_detector_does_not_know(call, tmp_path):
    """Keywords in small letters are no query to the detector, but they run."""
    call("mask", "sql.jsonl", "out.jsonl", *OWN)
    row = rows(tmp_path / "out.jsonl")[4]
    assert row["guidance_status"] == "repaired"
    assert "select max(amount) from orders" in row["trace"]
    assert "max(amount)" not in row["guidance"]


def test_without_a_reward_nothing_is_called_safe(call, tmp_path):
    call("mask", "sql.jsonl", "out.jsonl", *OWN[:2], "--workers", "1")
    assert {row["guidance_status"] for row in rows(tmp_path / "out.jsonl")} == {"unaudited"}
    with pytest.raises(InputError, match="--verifier module:function"):
        call("audit", "out.jsonl", "--workers", "1")
    said = json.loads(call("report", "out.jsonl", "--json"))
    assert "5 of 5 rows carry guidance" in said["headline"]


def test_audit_from_python_asks_for_a_reward(sql):
    masked = smepo.mask("SELECT 1;", domain="sql_domain:spans", question="q", target=None)
    with pytest.raises(ConfigError, match="judges nothing"):
        smepo.audit(masked, target={"setups": [""], "query": "SELECT 1"})


def test_a_candidate_of_the_reward_is_reported_where_it_stands(sql):
    trace = "It is select 6 * 7; that is all."
    verifier = smepo.verifier("sql_domain:same_rows")
    masked = smepo.mask(trace, domain=lambda text, context: [], question="q", audit=False)
    target = {"setups": [""], "query": "SELECT 42"}
    report = smepo.audit(masked, verifier=verifier, target=target)
    assert report.leaks == (Leak("select 6 * 7", "own", 6, 18),)
    stated = smepo.audit(masked, verifier=verifier, target=target, question="Why `select 6 * 7`?")
    assert stated.leaks == ()


def test_placeholders_split_candidates(sql):
    verifier = smepo.verifier("sql_domain:same_rows")
    masked = smepo.mask(
        "select 1 from `SELECT 2;`", domain="sql_domain:spans", question="q", audit=False
    )
    report = smepo.audit(masked, verifier=verifier, target={"setups": [""], "query": "SELECT 2"})
    assert masked.text == "select 1 from `[CODE_1];`"
    assert report.leaks == ()


def test_the_reward_reads_only_and_ends(sql):
    target = {
        "setups": ["CREATE TABLE t (a); INSERT INTO t VALUES (1)"],
        "query": "SELECT a FROM t",
    }
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
    assert sql.same_rows("```sql\nSELECT a FROM t\n```", target)
    assert sql.same_rows("SELECT 2 FROM t; no: SELECT a FROM t", target)
    for wrong in ("", "SELECT b FROM t", "SELECT 2", f"{endless} WHERE i < 0"):
        assert not sql.same_rows(wrong, target)
    assert not sql.same_rows("WITH x AS (SELECT 1) DELETE FROM t", target)


@given(st.text(alphabet="SELCTWIHFROM select`;\n*()=~ab1"))
def test_spans_of_the_example_are_in_the_text(text):
    import sys

    sys.path.insert(0, str(EXAMPLES))
    import sql_domain

    masked = smepo.mask(text, domain=sql_domain.spans, question="q", audit=False)
    at = 0
    for blank in masked.blanks:
        assert at <= blank.start < blank.end
        assert text[blank.start : blank.end] == blank.text
        at = blank.end


def test_the_page_shows_the_example_as_it_is():
    example = (EXAMPLES / "sql_domain.py").read_text()
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/own-domains.md").read_text(), re.S)
    assert blocks
    for block in blocks:
        for part in block.strip().split("\n\n\n"):
            assert part.strip() in example


SPAN = (0, 4, Kind.CODE, Role.RESULT)


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        ([Span(0, 99999, Kind.CODE, Role.RESULT)], "span 0: 0:99999 does not lie in the trace"),
        ([Span(*SPAN), Span(-2, 3, Kind.CODE, Role.RESULT)], "span 1: -2:3 does not lie"),
        ([Span(3, 2, Kind.CODE, Role.RESULT)], "3:2 does not lie"),
        ([Span("0", 3, Kind.CODE, Role.RESULT)], "must be int, not str"),
        ([Span(0, 3, "code", Role.RESULT)], "must be a Kind and a Role"),
        ([Span(0, 3, Kind.CODE, Role.RESULT, key=7)], "key must be a text or None"),
        ([SPAN], "a smepo.types.Span is needed, not tuple"),
        (None, "a list of Span is needed, not NoneType"),
    ],
)
def test_what_a_detector_returns_is_checked(found, wrong):
    def own(text, context):
        return found

    with pytest.raises(ConfigError, match=f"detector .*own: .*{wrong}"):
        smepo.mask("SELECT 1;", domain=own, question="q", audit=False)


def test_an_error_inside_a_detector_names_it_and_the_row(call, tmp_path):
    (tmp_path / "failing_domain.py").write_text("def spans(text, context):\n    return 1 / 0\n")
    with pytest.raises(
        ConfigError, match=r"sql\.jsonl: row 0, detector failing_domain:spans: fail"
    ):
        call("mask", "sql.jsonl", "out.jsonl", "--domain", "failing_domain:spans", "--workers", "1")
