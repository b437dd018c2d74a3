"""Papers of the past and of later years: no paper in both, and as much to learn from in both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.rows.records import Row
from masterkey.rows.year_splits import by_paper, by_year, paper_of


def rows_of(papers: list[tuple[str, int | None]]) -> list[Row]:
    return [
        Row(str(number), "", f"ETL stack sequence: E{number}", "", number, paper, year)
        for number, (paper, year) in enumerate(papers)
    ]


papers = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "c", "d", "e"]), st.none() | st.integers(2015, 2022)),
    min_size=1,
    max_size=40,
)


@given(papers)
def test_every_row_is_in_one_part_and_no_doi_in_two(given_papers):
    rows = rows_of(given_papers)
    parts = by_year(rows, 2019)
    assert sorted([*parts.older, *parts.newer, *parts.undated], key=lambda row: row.number) == rows
    dois = [
        {row.paper for row in part} - {""} for part in (parts.older, parts.newer, parts.undated)
    ]
    assert not dois[0] & dois[1]
    assert not dois[2] & (dois[0] | dois[1])


@given(papers, st.integers(0, 3))
def test_each_newer_row_is_predicted_once_without_its_paper(given_papers, seed):
    parts = by_year(rows_of(given_papers), 2019)
    pairs = by_paper(parts, seed)
    predicted = [row.number for _, rows in pairs for row in rows]
    assert sorted(predicted) == [row.number for row in parts.newer]
    for learned, rows in pairs:
        assert not set(map(paper_of, learned)) & set(map(paper_of, rows))


def test_as_many_rows_are_learned_from_and_of_all_years():
    rows = rows_of([(f"p{n // 4}", 2010 + n // 40) for n in range(800)])
    parts = by_year(rows, 2020)
    assert (len(parts.older), len(parts.newer)) == (400, 400)
    for learned, _ in by_paper(parts, 0):
        assert 400 <= len(learned) <= 403
        newer = [row for row in learned if row.year >= 2020]
        assert 100 < len(newer) < 170  # 200 of 600 could be drawn


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_draws_the_same_papers(seed):
    parts = by_year(rows_of([(f"p{n}", 2015 + n % 8) for n in range(80)]), 2019)
    assert by_paper(parts, seed) == by_paper(parts, seed)
    assert by_paper(parts, 0) != by_paper(parts, 1)
