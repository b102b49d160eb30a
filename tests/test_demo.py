"""The demo: its plan, its masking, how it shows a failed arm, and the whole way in two steps."""

import json
import signal
import subprocess
import sys
import tomllib

import pytest
from rich.console import Console

from smepo import samples
from smepo.comparison.runner import _error
from smepo.demo.arms import train_all
from smepo.demo.masked import NO_MASK, Job, jobs, mask_samples
from smepo.demo.plan import ARMS, MINUTES, STEPS, ArmPlan, config_text, steps_for
from smepo.demo.stages import Options, run
from smepo.errors import InputError
from smepo.training import parse


def quiet():
    return Console(stderr=True, quiet=True)


@pytest.fixture
def configs(tmp_path):
    """The configuration of each arm, validated."""
    texts = {
        arm.name: config_text(arm, tmp_path / f"{arm.name}.toml", steps=40, seed=3, quick=False)
        for arm in ARMS
    }
    return {name: parse(tomllib.loads(text)) for name, text in texts.items()}


def test_arms_differ_in_their_guidance_alone(configs):
    plain = [
        config.model_dump(exclude={"guidance": {"transform"}, "output_dir": True})
        for config in configs.values()
    ]
    assert plain[0] == plain[1] == plain[2]
    assert {c.guidance.transform for c in configs.values()} == {"none", "full", "masked"}
    assert len({c.output_dir for c in configs.values()}) == len(ARMS)


def test_arms_are_judged_on_held_out_problems(configs):
    for config in configs.values():
        assert config.data.options["split"] == "train"
        assert config.evaluation.data.options["split"] == "heldout"
        assert config.evaluation.data.options["level"] == "hardest"


def test_minutes_become_steps():
    assert steps_for(2 * MINUTES) == 2 * steps_for(MINUTES) == 2 * STEPS
    assert steps_for(0.0001) == 2


def test_the_default_mode_comes_first_and_covers_every_domain():
    assert [job.domain for job in jobs() if not job.control] == list(samples.DOMAINS)


def test_math_samples_are_clean_and_the_unmasked_traces_are_not():
    summary, cards = mask_samples(Job("math", "critical-path"), lambda: None)
    assert summary.audited == summary.rows == summary.shown == len(cards)
    assert summary.leaking == 0
    assert summary.metrics["operators"] == 1.0
    assert summary.metrics["words"] >= 0.95
    whole, none = mask_samples(Job("math", NO_MASK), lambda: None)
    assert whole.control
    assert whole.leaking >= 25
    assert none == []


def test_code_samples_are_clean_by_running_what_is_left():
    summary, cards = mask_samples(Job("code", "critical-path"), lambda: None)
    assert summary.audited == summary.rows == summary.shown == len(cards)
    assert summary.candidates > 0
    assert summary.leaking == 0
    assert set(summary.metrics) == {"hidden"}
    assert all(part.blanks for one in cards for part in one.parts)


def test_search_samples_are_clean_or_held_back():
    summary, _ = mask_samples(Job("search", "critical-path"), lambda: None)
    assert summary.leaking == 0
    assert summary.shown >= 17
    assert set(summary.metrics) == {"hidden"}


def test_a_failed_arm_says_why(tmp_path):
    (bad,) = train_all(
        [ArmPlan("bad", "Bad", "nonsense")], tmp_path, quiet(), steps=2, seed=0, quick=True
    )
    assert bad.error.startswith("exit status 1, ")
    assert "guidance.transform" in bad.error
    assert str(tmp_path / "bad.log") in bad.error


def test_an_arm_that_is_killed_says_by_what(tmp_path):
    assert _error(-signal.SIGBUS, tmp_path / "bad.log").startswith("ended by SIGBUS (see ")


def test_a_folder_that_is_not_a_demo_is_left_alone(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "thesis").touch()
    with pytest.raises(InputError, match="not from a demo"):
        run(Options(tmp_path, steps=2, quick=True), quiet())
    assert (tmp_path / "runs" / "thesis").exists()


@pytest.mark.trainer
def test_the_whole_demo_in_two_steps(tmp_path):
    out = tmp_path / "demo"
    command = [
        "-c",
        "from smepo.cli import main; main()",
        "demo",
        "--quick",
        "--json",
        "--out",
        str(out),
    ]
    ran = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=400, check=False
    )
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    assert summary["failed"] == []
    for arm in summary["arms"].values():
        assert arm["steps"] == 2
        assert [point[0] for point in arm["unguided"]] == [0, 1, 2]
    start = {tuple(arm["unguided"][0]) for arm in summary["arms"].values()}
    assert len(start) == 1, "every arm begins with the same policy on the same problems"
    page = (out / "report.html").read_text(encoding="utf-8")
    assert summary["headline"].split(":")[0] in page
    assert "://" not in page
