"""Ten trajectories of each converter, masked and audited; and that the check itself can fail."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from check_trajectories import (  # noqa: E402
    FILES,
    KEPT,
    broken_lines,
    broken_tags,
    check,
    examine,
    tagged,
)
from smepo.types import MaskedTrace, Status  # noqa: E402

REACT = (
    "Thought: First the author of Winter Lanterns, then her birthplace.\n"
    "Action: search[Winter Lanterns author]\n"
    "Observation: Winter Lanterns is a novel by Ilse Okafor.\nIt won a prize.\n"
    'Action: search[Ilse "the owl" Okafor]\n'
    "Observation: She was born in Orsholm.\n"
    "Action: finish[Orsholm]"
)


@pytest.mark.parametrize("name", FILES)
def test_none_leaks_and_plan_and_syntax_are_whole(name: str, public: Path) -> None:
    found = examine(name, public / FILES[name], 10)
    assert (found.masked, found.faults) == (30, [])
    assert found.kept / found.words > KEPT


def test_what_is_shown_as_it_is_leaks() -> None:
    shown = MaskedTrace(
        REACT, REACT, (), "search", "full", Status.CLEAN, "Where was she born?", "Orsholm"
    )
    assert "leaks 'Orsholm'" in check(shown, REACT, "react")


def test_broken_syntax_is_seen() -> None:
    assert broken_lines(REACT, REACT.replace("novel", "[PASSAGE_1]")) == []
    assert broken_lines(REACT, REACT.replace("search[Winter Lanterns author]", "search[author"))
    assert broken_lines(REACT, REACT.replace("Observation: She was born in", "She was"))
    text = tagged(REACT)
    assert broken_tags(text, text.replace("Okafor", "[ENTITY_1]")) == []
    assert broken_tags(text, text.replace('\\"the', '"the'))
    assert broken_tags(text, text.replace("</answer>", "", 1))
