"""The detector around a spaCy pipeline; a stand-in where spaCy is not installed."""

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest

import smepo
from smepo.errors import ConfigError
from smepo.masking import Context, entities, family

TRACE = (
    "Thought: she was raised in el norte and paid three groats for it, the first time.\n"
    "Action: search[el norte]\nObservation: el norte is in Orland.\n"
    "Thought: it was Dunmere.\nAction: finish[Dunmere]"
)
QUESTION = "Where was the woman who paid three groats raised?"


def pipeline(text):
    """What a pipeline gives: a document with entities."""
    found = [
        SimpleNamespace(start_char=m.start(), end_char=m.end(), label_=label, text=m[0])
        for words, label in (
            ("el norte", "GPE"),
            ("three groats", "MONEY"),
            ("first", "ORDINAL"),
            ("Dunmere", "GPE"),
            ("finish[Dunmere", "ORG"),
        )
        for m in re.finditer(rf"(?<!\[){re.escape(words)}", text)  # it reads prose alone
    ]
    return SimpleNamespace(ents=found)


def test_entities_hide_what_the_search_domain_does_not_know():
    plain = smepo.mask(TRACE, domain="search", question=QUESTION, target="Dunmere")
    assert "el norte" in plain.text
    masked = smepo.mask(
        TRACE, domain=entities.detector(pipeline), question=QUESTION, target="Dunmere"
    )
    assert masked.text == (
        "Thought: she was raised in [ENTITY_1] and paid three groats for it, the first time.\n"
        "Action: search[[ENTITY_1]]\nObservation: [PASSAGE_1]\n"
        "Thought: it was [ENTITY_2].\nAction: finish[[ANSWER_1]]"
    )
    assert (masked.status, masked.domain) == ("clean", "search")


def test_it_stands_on_the_search_domain():
    assert family("smepo.masking.entities:spans") == "search"
    assert family(entities.detector(pipeline)) == "search"
    seen = entities.detector(lambda text: SimpleNamespace(ents=[]))
    trace = "Thought: she was the tiger queen.\nAction: finish[Ada]"
    masked = smepo.mask(trace, domain=seen, question="Who?", target="Ada", aliases=["tiger queen"])
    assert "tiger" not in masked.text


def test_long_texts_are_read_in_parts():
    text = "x " * (entities.LONGEST // 2) + "el norte"
    made = entities.detector(pipeline)(text, Context("Where?"))
    assert text[made[-1].start : made[-1].end] == "el norte"


def test_lone_surrogates_are_read_over():
    made = entities.detector(pipeline)("a \ud800 in el norte", Context("Where?"))
    assert [(span.start, span.end) for span in made] == [(7, 15)]


def test_what_is_missing_is_said(monkeypatch):
    monkeypatch.delenv("SMEPO_SPACY", raising=False)
    entities.configured.cache_clear()
    with pytest.raises(ConfigError, match="SMEPO_SPACY: not set"):
        entities.spans("text", Context())


def test_spacy_is_not_imported_with_the_module():
    code = "import sys, smepo.masking.entities; print('spacy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_pipeline_of_spacy_from_its_folder(tmp_path, monkeypatch):
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "GPE", "pattern": "el norte"}])
    nlp.to_disk(tmp_path / "pipe")
    monkeypatch.setenv("SMEPO_SPACY", str(tmp_path / "pipe"))
    entities.configured.cache_clear()
    masked = smepo.mask(TRACE, domain="smepo.masking.entities:spans", question=QUESTION)
    assert "search[[ENTITY_1]]" in masked.text
    monkeypatch.setenv("SMEPO_SPACY", str(tmp_path / "nothing"))
    entities.configured.cache_clear()
    with pytest.raises(ConfigError, match="cannot be loaded"):
        entities.spans("text", Context())
    entities.configured.cache_clear()
