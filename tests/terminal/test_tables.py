"""What the table of a device shows beside each value: its evidence, or why there is none."""

import io

from rich.console import Console

from masterkey.rows.cleaned_rows import with_evidence
from masterkey.schema import fields as schema
from masterkey.terminal.tables import label, open_console, print_schema

TEXT = (
    "SnO2 was bought. FTO glass was washed with soap, water and acetone for 15 min each and then dried with nitrogen. "
    "SnO2 was spin-coated on it at 3000 rpm. A 0.1 M solution was used. The cells were kept at 85 °C for 500 h."
)
SAID = {
    "ETL_stack_sequence": ("SnO2", "text", "SnO2 was spin-coated"),
    "Stability_temperature_range": ("85", "text", "85 °C for 500 h"),
    "Cell_area_measured": ("0.1", "default", None),
    "Cell_architecture": ("nip", "deduced", None),
    "Cell_flexible": ("FALSE", "deduced", "FTO glass"),
    "Module": ("FALSE", "default", None),
    "HTL_stack_sequence": ("PTAA", None, None),
}


def table(said: dict, text: str = TEXT, **of_line) -> dict[str, str]:
    """What stands in the line of each field, by its label."""
    fields = dict.fromkeys(schema.SII_FIELDS, "") | {
        name: value for name, (value, *_) in said.items()
    }
    line = {
        "fields": fields,
        "places": {
            name: [[text.index(words), text.index(words) + len(words)]]
            for name, (_, _, words) in said.items()
            if words
        },
        "source": {name: source for name, (_, source, _) in said.items() if source},
    }
    line = with_evidence(line, text) | {"input": text} | of_line
    out = io.StringIO()
    print_schema(Console(file=out, width=200), line, title="A cell", all_fields=False)
    shown = out.getvalue().splitlines()
    return {
        name: next((row for row in shown if row.strip().startswith(label(name))), "")
        for name in schema.SII_FIELDS
    }


def test_the_layer_is_quoted_where_it_was_read():
    row = table(SAID)["ETL_stack_sequence"]
    assert "«SnO2» was spin-coated" in row
    assert "bought" not in row


def test_a_number_is_quoted_where_it_was_read():
    assert "kept at «85» °C" in table(SAID)["Stability_temperature_range"]


def test_a_default_is_said_to_be_one_and_quotes_nothing():
    row = table(SAID)["Cell_area_measured"]
    assert "the text does not say; usual in the database" in row
    assert "«" not in row


def test_the_summary_counts_what_the_text_does_not_state_and_what_is_doubted():
    fields = dict.fromkeys(schema.SII_FIELDS, "") | {"Cell_area_measured": "0.1", "Module": "FALSE"}
    line = {
        "fields": fields,
        "input": "A cell.",
        "confidence": dict.fromkeys(fields, 0.9) | {"Module": 0.499},
        "source": dict.fromkeys(("Cell_area_measured", "Module"), "default"),
    }
    out = io.StringIO()
    print_schema(Console(file=out, width=200), line, title="A cell", all_fields=False)
    assert "2 of 31 fields have a value" in out.getvalue()
    assert ", 2 of them not stated in the text, 1 of them with a confidence below" in out.getvalue()
    assert "0.49 low" in out.getvalue()


def test_a_value_from_other_values_is_said_to_be_deduced():
    row = table(SAID)["Cell_architecture"]
    assert "deduced from the other values" in row
    assert "«" not in row


def test_a_deduced_flag_quotes_what_it_was_deduced_from():
    row = table(SAID)["Cell_flexible"]
    assert "deduced: " in row
    assert "«FTO glass»" in row


def test_a_value_that_was_not_read_and_does_not_stand_in_the_text_is_a_default():
    assert "usual in the database" in table(SAID)["HTL_stack_sequence"]


def test_without_sources_nothing_is_said_of_defaults():
    out = io.StringIO()
    fields = dict.fromkeys(schema.SII_FIELDS, "") | {
        "HTL_stack_sequence": "PTAA",
        "Module": "FALSE",
    }
    line = with_evidence({"fields": fields}, TEXT) | {"input": TEXT}
    print_schema(Console(file=out, width=160), line, title="A cell", all_fields=False)
    assert "not in the text" in out.getvalue()
    assert "yes or no: not searched" in out.getvalue()
    assert "default" not in out.getvalue()


def test_the_quotation_is_from_the_clean_text_of_what_was_given():
    text = TEXT.replace("SnO2 was spin", r"$\mathrm{SnO_2}$ was spin").replace("°C", "&deg;C")
    said = {
        "ETL_stack_sequence": ("SnO2", "text", None),
        "Stability_temperature_range": ("85", "text", None),
    }
    rows = table(said, text)
    assert "«85» °C" in rows["Stability_temperature_range"]
    assert "«SnO2»" in rows["ETL_stack_sequence"]
    assert "mathrm" not in "".join(rows.values())


def test_low_confidence_is_spelled_out():
    confidence = dict.fromkeys(schema.SII_FIELDS, 0.95) | {"HTL_stack_sequence": 0.31}
    rows = table(SAID, confidence=confidence)
    assert "0.31 low" in rows["HTL_stack_sequence"]
    assert "0.95" in rows["ETL_stack_sequence"]
    assert "low" not in rows["ETL_stack_sequence"]


def test_a_label_has_its_unit_and_not_its_group():
    assert label("Cell_area_measured") == "Area measured [cm²]"
    assert label("Stability_time_total_exposure") == "Time total exposure [h]"
    assert label("ETL_deposition_procedure") == "ETL procedure"


def test_a_console_that_is_no_terminal_has_a_fixed_width_and_no_colours():
    console = open_console(io.StringIO())
    assert (console.width, console.color_system) == (100, None)
