"""Small tables that methods learn from in seconds."""

import pytest

from masterkey.rows.records import Row
from masterkey.schema import fields as schema

KINDS = {"TiO2-c": ("compact titania", "12.0"), "SnO2-np": ("colloidal tin oxide", "18.0")}


@pytest.fixture
def few_trees(monkeypatch):
    from masterkey.extractor import trees
    from masterkey.regressor import regressor

    monkeypatch.setattr(trees, "N_TREES", 3)
    monkeypatch.setattr(regressor, "N_TREES", 10)


@pytest.fixture
def papers() -> list[Row]:
    """Sixteen papers, six with titania and ten with tin oxide."""
    rows = []
    for n in range(16):
        material = "TiO2-c" if n < 6 else "SnO2-np"
        answer = dict.fromkeys(schema.SII_FIELDS, "Unknown") | {"ETL_stack_sequence": material}
        text = f"A layer of {KINDS[material][0]} was spin-coated at {n}000 rpm on FTO."
        output = schema.format_sii_answer(answer)
        rows.append(Row(str(n), schema.SII_INSTRUCTION, text, output, n))
    return rows


@pytest.fixture
def devices() -> list[Row]:
    """Forty devices, each with a back contact of its own."""
    rows = []
    for n in range(40):
        material = [*KINDS][n % 2]
        device = dict.fromkeys(schema.MDP_FIELDS, "") | {
            "ETL_stack_sequence": material,
            "Backcontact_stack_sequence": f"Metal {n}",
        }
        pce = KINDS[material][1]
        targets = {"Voc": "1.05", "Jsc": "22.10", "FF": f"{float(pce) / 23.205:.4f}", "PCE": pce}
        input, output = schema.format_mdp_input(device), schema.format_mdp_answer(targets)
        rows.append(Row(str(n), schema.MDP_INSTRUCTION, input, output, n))
    return rows
