"""`smepo doctor`: what does not work is named, with what to do, and fails the command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import verl_helpers
from smepo.doctor import packages, rows, verl
from smepo.doctor.finding import State, guarded
from smepo.verl.export import export

HIDDEN = 'import sys\nsys.modules["smepo.verl.loops"] = None\n'  # its import fails in every process


def run(*arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    code = "from smepo.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor", "--json", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    found = json.loads(done.stdout)
    return done.returncode, {one["name"]: one for one in found["findings"]}


def test_all_is_looked_at_and_what_fails_fails_the_command() -> None:
    status, found = run("--model", "no/such/folder")
    assert status == 1
    for domain in ("math", "code", "search"):
        one = found[f"dry run {domain}"]
        assert (one["state"], one["todo"]) == ("ok", "")
        assert "right 1, copied 0" in one["found"]
    assert [name for name, one in found.items() if one["state"] == "bad"] == ["chat template"]
    assert "give a folder with a tokenizer" in found["chat template"]["todo"]
    assert all(one["todo"] for one in found.values() if one["state"] != "ok")


def test_versions_are_held_against_the_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = ['ray[data]>=2.60; extra == "ray"', "typer>=0.12", 'pytest>=9999; extra == "dev"']
    monkeypatch.setattr(packages, "requires", lambda name: wanted)
    installed = packages.of_extra("dev", "tests")
    assert installed.state is State.BAD
    assert "is not >=9999" in installed.found
    assert installed.todo == "pip install 'smepo[dev]' (tests)"
    monkeypatch.setattr(packages, "requires", lambda name: ['no-such-thing; extra == "dev"'])
    assert packages.of_extra("dev", "tests").found == "missing: no-such-thing"
    unknown = packages.of_extra("search", "tests")
    assert (unknown.state, unknown.found) == (State.ABSENT, "unknown to the package as installed")
    monkeypatch.setattr(packages, "version", lambda name: "0.40.0")
    assert packages.vllm().state is State.BAD


def test_a_template_that_loses_blanks_is_red() -> None:
    import tiny_tokenizers

    pytest.importorskip("transformers")
    eats = tiny_tokenizers.CHATML.replace("{{ m.content }}", "{{ m.content.replace('_2', '') }}")
    found = rows.template(tiny_tokenizers.build(template=eats), "model")
    assert found.state is State.BAD
    assert "loses [ENTITY_2]" in found.found


def test_a_check_that_breaks_is_a_finding() -> None:
    def broken() -> Any:
        raise RuntimeError("no such device\nand more")

    found = guarded("gpu", broken, "buy one")
    assert (found.state, found.found, found.todo) == (
        State.BAD,
        "RuntimeError: no such device",
        "buy one",
    )


def test_an_index_is_asked(tmp_path: Path) -> None:
    pytest.importorskip("tantivy")
    from smepo.search import build

    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"title": "Bath", "text": "The first of the towns."}\n')
    build(corpus, tmp_path / "index")
    assert rows.index(str(tmp_path / "index")).found.endswith("1 passages, answers with 'Bath'")
    missing = guarded("index", lambda: rows.index(str(tmp_path / "no")), "make one")
    assert (missing.state, missing.todo) == (State.BAD, "make one")
    refused = guarded("index", lambda: rows.index("http://127.0.0.1:9/retrieve"), "start it")
    assert "RetrieverError" in refused.found


def test_a_configuration_that_cannot_be_checked_is_red(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verl, "find_spec", lambda _: None)
    file = tmp_path / "verl.yaml"
    *plugins, configuration = verl.look(file)
    assert {one.state for one in plugins} == {"absent"}
    assert (configuration.state, configuration.todo) == ("bad", "pip install 'smepo[verl]'")
    assert f"{file} was not read" in configuration.found


@pytest.mark.verl
def test_a_plugin_that_fails_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("verl", reason="make test-verl")
    fine = {one.name: one for one in verl.look(None)}
    assert {one.state for one in fine.values()} == {State.OK}
    assert "on 1 node(s)" in fine["verl plugin, worker"].found

    (tmp_path / "sitecustomize.py").write_text(HIDDEN)
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    for one in verl.look(None):
        assert one.state is State.BAD
        assert "the plugin fails: ModuleNotFoundError: import of smepo.verl.loops" in one.found
        assert "pip install 'smepo[verl]' again" in one.todo


@pytest.mark.verl
def test_an_export_is_checked_before_it_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("verl", reason="make test-verl")
    monkeypatch.chdir(tmp_path)
    export(verl_helpers.config(tmp_path), tmp_path / "out", cluster=verl_helpers.ONE_GPU)
    file = tmp_path / "out" / "verl.yaml"

    def asked() -> Any:
        return verl._asked("configuration", "export again", "configuration", str(file))

    assert asked().found == "accepted by verl; guidance needs no state"
    text = file.read_text()
    file.write_text(text.replace("validation.parquet", "train.parquet"))
    refused = asked()
    assert (refused.state, refused.todo) == (State.BAD, "export again")
    assert "evaluation never sees guidance" in refused.found
    file.write_text(text.replace('"token-mean"', '"x"'))
    assert "loss_agg_mode: x" in asked().found
