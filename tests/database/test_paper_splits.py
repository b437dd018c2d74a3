"""Splits by paper: a DOI decides, however it is written and whatever else the export holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.database.paper_splits import PaperSplit, paper_key
from masterkey.rows.records import recipe_of
from tests.perovskite_exports import convert, of_all_splits, rows_in


def test_a_paper_is_in_one_split_however_its_doi_is_written(tmp_path):
    spellings = ("10.1000/A", "10.1000/a", "https://doi.org/10.1000/A", "http://dx.doi.org/10.1000/a",
                 "doi:10.1000/a", "DOI 10.1000/A", " 10.1000/a. ")  # fmt: skip
    for number in range(8):  # eight papers, as one alone would be together by chance
        devices = [
            {"Ref_DOI_number": x.replace("10.1000/", f"10.1000/{number}")} for x in spellings
        ]
        folder, report = convert(tmp_path, devices, name=f"out{number}")
        rows = of_all_splits(folder, "mdp")
        assert len(rows) == len(spellings)
        assert len({row["split"] for row in rows}) == 1
        assert {row["doi"] for row in rows} == {f"10.1000/{number}a"}
        assert report["export"]["n_papers"] == 1


def test_rows_without_a_doi_are_papers_of_their_own(tmp_path):
    devices = [
        {"Ref_DOI_number": "nan" if n % 2 else "", "ETL_stack_sequence": f"ETL{n}"}
        for n in range(60)
    ]
    folder, report = convert(tmp_path, devices, validation_fraction=0.3, test_fraction=0.3)
    rows = of_all_splits(folder, "mdp")
    assert {row["split"] for row in rows} == {"train", "validation", "test"}
    assert sum(split["n_papers"] for split in report["mdp"]["splits"].values()) == 60
    assert of_all_splits(folder, "sii") == rows_in(folder / "sii_labels.jsonl") == []


def test_a_later_snapshot_leaves_every_paper_where_it_is(tmp_path):
    early = [{"Ref_DOI_number": f"10.1000/{n // 2}"} for n in range(0, 120, 2)]
    early += [{"Ref_DOI_number": "", "ETL_stack_sequence": f"ETL{n}"} for n in range(20)]
    late = [{"Ref_DOI_number": f"10.2000/{n}"} for n in range(60)] + early[::-1]
    folders = [convert(tmp_path, early, name="early")[0], convert(tmp_path, late, name="late")[0]]
    before, after = (
        {(row["doi"], row["input"]): row["split"] for row in of_all_splits(folder, "mdp")}
        for folder in folders
    )
    assert len(set(before.values())) == 3
    assert {key: after[key] for key in before} == before


def test_mdp_rows_and_labels_of_a_paper_are_in_the_same_split(tmp_path):
    folder, _ = convert(tmp_path, [{"Ref_DOI_number": f"10.1000/{n}"} for n in range(60)])
    mdp = {row["doi"]: row["split"] for row in of_all_splits(folder, "mdp")}
    labels = {line["doi"]: line["split"] for line in rows_in(folder / "sii_labels.jsonl")}
    assert labels == mdp
    assert len(set(mdp.values())) == 3


def test_fractions_are_met_on_average_and_move_only_their_own_papers():
    papers = [f"10.1000/{n}" for n in range(4000)]
    places = [PaperSplit(0.1, test).of(paper) for test in (0.2, 0.3) for paper in papers]
    before, after = places[:4000], places[4000:]
    assert before.count("test") / 4000 == pytest.approx(0.2, abs=0.02)
    assert before.count("validation") / 4000 == pytest.approx(0.1, abs=0.015)
    moved = {(a, b) for a, b in zip(before, after, strict=True) if a != b}
    assert moved == {("train", "test")}
    assert {PaperSplit(0, 0).of(paper) for paper in papers} == {"train"}
    assert [PaperSplit(0.1, 0.2, seed=1).of(paper) for paper in papers] != before


def test_the_split_of_a_paper_never_changes():
    # Released files depend on these: whoever changes the hash makes other splits of the same data.
    split = PaperSplit(0.3, 0.3)
    places = " ".join(split.of(f"10.1000/{n}") for n in range(8))
    assert places == "train train test validation test test train validation"


@given(
    st.lists(st.sampled_from(["https://doi.org/", "doi: ", "DOI ", "nan", "10.1/a", ".", " "])).map(
        "".join
    )
    | st.text()
)
def test_a_paper_key_is_its_own_key_and_knows_no_case(doi):
    key = paper_key(doi)
    assert paper_key(key) == key
    assert paper_key(f" {key} ") == key
    if key.startswith("10.") and key.isascii():
        assert paper_key(f"https://doi.org/{key.upper()}") == key


def test_test_rows_whose_recipe_is_in_training_are_counted(tmp_path):
    devices = [
        {"Ref_DOI_number": f"10.1000/{n}", "ETL_stack_sequence": f"ETL{n % 7}"} for n in range(40)
    ]
    folder, report = convert(tmp_path, devices, test_fraction=0.4)
    rows = of_all_splits(folder, "mdp")
    trained = {recipe_of(row["input"]) for row in rows if row["split"] == "train"}
    expected = sum(recipe_of(x["input"]) in trained for x in rows if x["split"] == "test")
    assert report["mdp"]["splits"]["test"]["n_rows_with_recipe_in_train"] == expected > 0
    assert report["mdp"]["splits"]["train"]["n_rows_with_recipe_in_train"] is None


@pytest.mark.parametrize(
    "doi", ["", " ", "nan", "NaN; nan", "Unknown", "N/A", "-", "https://doi.org/nan"]
)
def test_what_says_that_there_is_no_doi_is_none(doi):
    assert paper_key(doi) == ""
