"""Materials: the database's and newer names, forms of oxides, names that no list has (issue 14)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.extractor.process.layers.operations import operations_of
from masterkey.extractor.process.layers.oxide_forms import with_form
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.materials import (
    form_said,
    materials,
    mentions_of,
    overlap_with,
    pairs,
)


def names(text: str) -> list[str]:
    return [mention.name for mention in mentions_of(text)]


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("2PACz", "2PACz"),
        ("[2-(9H-carbazol-9-yl)ethyl]phosphonic acid", "2PACz"),
        ("MeO-2PACz", "MeO-2PACz"),
        ("Me-4PACz", "Me-4PACz"),
        ("4PADCB", "4PADCB"),
        ("spiro-OMeTAD", "Spiro-MeOTAD"),
        ("PC61BM", "PCBM-60"),
        ("bathocuproine", "BCP"),
        ("fullerene", "C60"),
        ("indium zinc oxide", "IZO"),
        ("tin oxide", "SnO2-c"),
        ("silver nanowires", "Ag-nw"),
        ("gold", "Au"),
        ("carbon paste", "Carbon"),
        ("phenethylammonium iodide", "PEAI"),
        ("polyethylene naphthalate", "PEN"),
        ("fluorine-doped tin oxide", "FTO"),
        ("N,N-dimethylformamide", "DMF"),
        ("2-methoxyethanol", "2-methoxyethanol"),
    ],
)
def test_a_spelling_is_known_by_one_name(spelled, name):
    assert names(f"a film with {spelled} was made") == [name]


def test_of_overlapping_names_the_longest_counts():
    assert names("MeO-2PACz") == ["MeO-2PACz"]
    assert names("fluorine-doped tin oxide") == ["FTO"]


def test_words_of_the_lists_that_mean_something_else_are_no_materials():
    assert names("A flexible metal foil, air and light; Na, Pb and MA in an ETM.") == []


def test_a_monolayer_is_never_read_as_a_polymer():
    assert "PTAA" not in names("The hole transport layer 2PACz, then MeO-2PACz and Me-4PACz")


def test_every_mention_has_a_role_and_its_place():
    text = "ITO, PTAA and C60"
    assert [text[m.start : m.end] for m in mentions_of(text)] == ["ITO", "PTAA", "C60"]
    assert all(m.is_layer for m in mentions_of(text))


@given(st.text(max_size=300))
def test_mentions_of_any_text_do_not_overlap(text):
    found = mentions_of(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= m.start < m.end <= len(text) for m in found)


def test_the_tables_hold_what_the_database_holds():
    roles = materials().roles["PTAA"]
    assert roles["HTL"] > 10 * roles.get("ETL", 0)
    assert materials().roles["TiO2-c"]["ETL"] > 100
    assert pairs()["MoO3", "Au"] > 0


places = st.tuples(st.integers(0, 30), st.integers(1, 8)).map(lambda p: (p[0], p[0] + p[1]))


@given(st.lists(places, max_size=8), places)
def test_places_overlap_where_they_share_a_character(spans, place):
    shared = any(set(range(*span)) & set(range(*place)) for span in spans)
    assert overlap_with(spans)(*place) is shared


# --- forms of oxides --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "form"),
    [
        ("a mesoporous scaffold", "mp"),
        ("the 30nr-d paste", "mp"),
        ("a colloidal dispersion", "np"),
        ("nanoparticles of it", "np"),
        ("a compact layer", "c"),
        ("a blocking layer", "c"),
        ("by atomic layer deposition", "c"),
        ("a film", ""),
    ],
)
def test_the_form_is_as_the_words_say(words, form):
    assert form_said(words) == form


def layer_names(text: str) -> list[str]:
    document = Document(text)
    return [
        with_form(document, name, operation)
        for operation in operations_of(document)
        for name in operation.names
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("A compact layer of TiO2 was spin-coated.", "TiO2-c"),
        ("A mesoporous TiO2 layer was spin-coated.", "TiO2-mp"),
        ("A SnO2 colloid was spin-coated.", "SnO2-np"),
        ("SnO2 was grown by atomic layer deposition.", "SnO2-c"),
        ("SnO2 was spin-coated. The SnO2 colloidal dispersion had been diluted.", "SnO2-np"),
        ("NiO was sputtered.", "NiO-c"),
        ("ZrO2 was screen-printed.", "ZrO2-mp"),
        ("PTAA was spin-coated beside a mesoporous frit.", "PTAA"),
    ],
)
def test_an_oxide_has_the_form_that_the_text_says(text, name):
    assert layer_names(text)[0] == name


# --- names that no list has -----------------------------------------------------------------------


def new(text: str) -> dict[str, set[str]]:
    return {
        mention.name: set(mention.roles)
        for mention in Document(text).mentions
        if mention.roles and mention.name not in materials().roles
    }


@pytest.mark.parametrize(
    ("text", "name", "role"),
    [
        ("A self-assembled monolayer of QX-7PA was formed on ITO.", "QX-7PA", "HTL"),
        ("KTV-12 was used as hole transport material.", "KTV-12", "HTL"),
        ("The hole-transporting material ZB-F4 was spin-coated.", "ZB-F4", "HTL"),
        ("NDX-3 served as the electron transport layer.", "NDX-3", "ETL"),
        ("[3-(9H-carbazol-9-yl)propyl]phosphonic acid (CZ3P) was dissolved.", "CZ3P", "HTL"),
        ("4-chlorobenzylammonium iodide (ClBzAI) was dissolved.", "ClBzAI", "treatment"),
        ("A bis-naphthalene diimide, which we call NDX-3, was evaporated.", "NDX-3", "ETL"),
    ],
)
def test_a_name_that_no_list_has_is_what_the_text_makes_of_it(text, name, role):
    assert new(text) == {name: {role}}


def test_a_new_name_is_found_at_all_its_places():
    text = "A self-assembled monolayer of QX-7PA was chosen. QX-7PA was spin-coated on ITO."
    assert [m.start for m in Document(text).mentions if m.name == "QX-7PA"] == [
        text.index("QX-7PA"),
        text.rindex("QX-7PA"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The HTL was spin-coated.",
        "A monolayer of the SAM was formed.",
        "The hole transport layer was annealed at 100 °C.",
        "Polymers (ABC) were bought.",
    ],
)
def test_abbreviations_of_kinds_are_no_names(text):
    assert new(text) == {}


def test_a_known_name_is_not_made_new():
    assert new("PTAA was used as hole transport material.") == {}
