"""regression_baseline.py --split: a paper's rows in one fold; newer papers predicted from older ones."""

import json

import pytest

import regression_baseline as baseline
from masterkey.rows.predictions import read_header, read_predictions
from masterkey.schema import fields as schema


def rows(*, years: bool = True) -> list[dict]:
    """40 papers of 2011 to 2020 with two recipes each, whose PCE grows by 1 % a year with a newer layer."""
    found = []
    for number in range(80):
        paper, year = number // 2, 2011 + number // 8
        device = dict.fromkeys(schema.MDP_FIELDS, "") | {
            "ETL_stack_sequence": f"ETL{year}",
            "HTL_stack_sequence": f"HTL{number % 2}",
            "Substrate_stack_sequence": f"own{number % 7}",
        }
        pce = 5 + year - 2011 + 0.3 * (number % 2)
        answer = {"Voc": "1.00", "Jsc": f"{pce / 0.7:.2f}", "FF": "0.70", "PCE": f"{pce:.2f}"}
        found.append(
            {
                "id": f"r{number}",
                "doi": f"10.1000/{paper}",
                **({"year": year} if years else {}),
                "instruction": schema.MDP_INSTRUCTION,
                "input": schema.format_mdp_input(device, markers=True),
                "output": schema.format_mdp_answer(answer, markers=True),
            }
        )
    return found


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "train.json"
    path.write_text(json.dumps(rows()))
    return path


def run(data, tmp_path, *flags, method: str = "random_forest"):
    output = tmp_path / "x.jsonl"
    flags = ["--method", method, "--train", str(data), "--output_path", str(output), *flags]
    baseline.run(baseline.main, baseline.Arguments, "", flags)
    return output


@pytest.mark.slow
def test_newer_papers_are_predicted_from_older_ones_and_the_cost_is_told(data, tmp_path, capsys):
    output = run(data, tmp_path, "--split", "year", "2018")
    future = read_predictions(output, "mdp")
    beside = read_predictions(tmp_path / "x.by_paper.jsonl", "mdp")
    newer = [row["id"] for row in rows() if row["year"] >= 2018]
    assert [line["id"] for line in future] == [line["id"] for line in beside] == newer
    # No forest says more than it has seen: 5 + 6.3 % in 2017.
    assert max(line["fields"]["PCE"] for line in future) < 11.5
    errors = [
        sum(abs(line["fields"]["PCE"] - line["reference_fields"]["PCE"]) for line in lines)
        for lines in (future, beside)
    ]
    assert errors[0] > 1.2 * errors[1]
    assert read_header(output)["settings"]["split"] == "year 2018"
    printed = capsys.readouterr().out
    assert "56 rows of 28 papers before 2018 to learn from, 24 rows of 12 papers" in printed
    line = next(line for line in printed.split("\n") if line.startswith("| PCE [%]"))
    cost = float(line.split("|")[5].split()[0])
    assert cost == pytest.approx((errors[0] - errors[1]) / 24, abs=0.01)


def test_rows_without_a_year_are_left_out_and_counted(tmp_path, capsys):
    some = rows()
    some[0].pop("year")
    some[1]["year"] = ""
    some[2]["year"] = "2011"
    path = tmp_path / "train.json"
    path.write_text(json.dumps(some))
    run(path, tmp_path, "--split", "year", "2018", method="mean")
    assert "2 rows without a year are left out" in capsys.readouterr().out


def test_papers_stay_in_one_fold(data, tmp_path):
    output = run(data, tmp_path, "--split", "paper", "--cross_validate", "4", method="mean")
    paper_of = {row["id"]: row["doi"] for row in rows()}
    folds: dict[str, set] = {}
    for line in read_predictions(output, "mdp"):
        folds.setdefault(paper_of[line["id"]], set()).add(line["fold"])
    assert len(folds) == 40
    assert all(len(of_paper) == 1 for of_paper in folds.values())
    assert set.union(*folds.values()) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        (["--split", "year"], "--split year: give recipe, paper, or a year such as year 2019"),
        (["--split", "year", "19"], "--split year 19: give"),
        (["--split", "journal"], "--split journal: give"),
        (["--split", "paper"], "add --cross_validate 5"),
        (["--split", "year", "2018", "--cross_validate", "3"], "give it without --data_path"),
        (["--split", "year", "2030"], "has papers of 2011 to 2020, too few before or from 2030 on"),
        (["--split", "year", "2011"], "too few before or from 2011 on"),
        (["--split", "paper", "--cross_validate", "41"], "has 40 papers, too few"),
    ],
)
def test_a_split_that_makes_no_sense_gets_one_sentence(flags, found, data, tmp_path, capsys):
    with pytest.raises(SystemExit) as exit:
        run(data, tmp_path, *flags)
    assert exit.value.code == 2
    message = capsys.readouterr().err
    assert found in message
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("flags", "key"),
    [(["--split", "year", "2018"], "year"), (["--split", "paper", "--cross_validate", "3"], "doi")],
)
def test_rows_without_years_or_papers_are_named(flags, key, tmp_path, capsys):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([{k: v for k, v in row.items() if k != key} for row in rows()]))
    with pytest.raises(SystemExit):
        run(path, tmp_path, *flags)
    assert f"no row has a '{key}', which --split" in capsys.readouterr().err


def test_a_year_that_is_none_is_named(tmp_path, capsys):
    path = tmp_path / "train.json"
    path.write_text(json.dumps([rows()[0] | {"year": "in press"}]))
    with pytest.raises(SystemExit):
        run(path, tmp_path, "--split", "year", "2018")
    assert "row 0: 'year' is 'in press', expected four digits" in capsys.readouterr().err


def test_rows_of_other_habits_are_read_and_told(tmp_path, capsys):
    some = rows()
    some[0]["output"] = some[0]["output"].replace("0.70", "70")
    some[1]["output"] = some[1]["output"].replace("5.30", "5,30")
    some[2]["output"] = some[2]["output"].replace("PCE: 5.00", "PCE: low")
    path = tmp_path / "train.json"
    path.write_text(json.dumps(some))
    output = run(path, tmp_path, "--cross_validate", "4", method="mean")
    lines = read_predictions(output, "mdp")
    assert lines[0]["reference_fields"]["FF"] == 0.7
    assert lines[1]["reference_fields"]["PCE"] == 5.3
    assert lines[2]["reference_fields"]["PCE"] is None
    told = (
        "FF in percent, divided by 100: 1; PCE that is no number, left out: 1; decimal commas read"
    )
    assert told in capsys.readouterr().out
