"""NOMAD's archive of a device in the classic form, `PerovskiteSolarCell`, from our fields and back.

The plug-in perovskite-solar-cell-database (1.2.16) has the 410 columns of the Perovskite Database as sections and
quantities. What this module keeps to was seen by running it (issue 15, docs/formats.md):

- an empty value is left out, a number or boolean is JSON's; else the archive is refused or holds NaN;
- `cell.stack_sequence` and a section `jv` are there, or normalising ends with an error;
- predicted Voc, Jsc, FF and PCE never go into `jv.default_*`, where they would pass as measured;
- annealing times are minutes, as the quantity is defined. The plug-in's conversion of records that a language model
  made writes seconds there; `ref.name_of_person_entering_the_data` tells whose archive it is.
"""

from masterkey.formats.composition_ions import ions_by_site
from masterkey.formats.devices import Device
from masterkey.formats.llm_records import WRITER, as_manual, is_converted
from masterkey.formats.numbers import as_text, number_of, typed
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

DEFINITION = "perovskite_solar_cell_database.schema.PerovskiteSolarCell"
BY_MODEL, BY_MODEL_REVIEWED = "LLM", "LLM Reviewed by Human"
_ION_LISTS = {"A": "a", "B": "b", "X": "c"}  # as the database calls the third site


def place_of(column: str) -> tuple[str, str]:
    """(section, quantity) of a column of the database: `ETL_stack_sequence` → ("etl", "stack_sequence")."""
    for section in ("Perovskite_deposition", column.partition("_")[0]):
        if column.startswith(f"{section}_"):
            return section.lower(), column.removeprefix(f"{section}_")
    return column.lower(), column  # Module is a quantity of the section module


PLACES = {name: place_of(name) for name in schema.SII_FIELDS}


def archive_of(device: Device) -> dict:
    """The archive of a device, JSON-ready."""
    data: dict = {"m_def": DEFINITION, "ref": _reference(device)}
    for name, value in device.fields.items():
        stored = typed(name, value)
        if stored is not None:
            section, quantity = PLACES[name]
            data.setdefault(section, {})[quantity] = stored
    data.setdefault("cell", {})["stack_sequence"] = cell_stack(device.fields)
    if ions := _ions(device.fields.get(schema.LONG_FORM, "")):
        data.setdefault("perovskite", {}).update(ions)
    measured = {name: number_of(device.measured.get(name)) for name in schema.MDP_TARGETS}
    data["jv"] = {f"default_{k}": v for k, v in measured.items() if v is not None}
    return {"data": data}


def _reference(device: Device) -> dict:
    by = f"{WRITER} ({device.method})" if device.method else WRITER
    ref = {
        "internal_sample_id": device.id,
        "name_of_person_entering_the_data": by,
        "DOI_number": device.doi,
        "free_text_comment": f"Publication title: {device.title}" if device.title else "",
        "publication_date": f"{device.year:04}-01-01T00:00:00+00:00" if device.year else "",
        "extraction_method": BY_MODEL_REVIEWED if device.reviewed else BY_MODEL,
    }
    return {name: value for name, value in ref.items() if value}


def cell_stack(fields: dict[str, str]) -> str:
    """The whole stack: substrate, the layers on both sides of the perovskite by architecture, back contact."""
    electron, hole = fields.get("ETL_stack_sequence", ""), fields.get("HTL_stack_sequence", "")
    below, above = (
        (hole, electron) if fields.get("Cell_architecture") == "pin" else (electron, hole)
    )
    parts = [
        fields.get("Substrate_stack_sequence", ""),
        below,
        "Perovskite",
        above,
        fields.get("Backcontact_stack_sequence", ""),
    ]
    stated = [part for part in parts if schema.is_reported(part) and part.strip().lower() != "none"]
    return " | ".join(stated)


def _ions(long_form: str) -> dict[str, str]:
    """The ions of a formula by site, as the database lists them; nothing where it is no formula."""
    lists = {}
    for site, ions in (ions_by_site(long_form) or {}).items():
        listed = f"composition_{_ION_LISTS[site]}_ions"
        lists[listed] = "; ".join(ion for ion, _ in ions)
        lists[f"{listed}_coefficients"] = "; ".join(f"{number:g}" for _, number in ions)
    return lists


def device_of(archive: dict, file_name: str) -> Device:
    """The device of a classic archive. Raises `UserError` where `archive` is another kind."""
    data = archive.get("data")
    if not isinstance(data, dict) or not is_classic(data):
        raise UserError(f"{file_name}: is no archive of a {DEFINITION}; give one of these.")
    fields = {}
    for name, (section, quantity) in PLACES.items():
        value = (data.get(section) or {}).get(quantity)
        if value is not None:
            fields[name] = as_text(value)
    ref, jv = data.get("ref") or {}, data.get("jv") or {}
    by = str(ref.get("name_of_person_entering_the_data") or "")
    method = str(ref.get("extraction_method") or "")
    if is_converted(method, by):
        fields, _ = as_manual(fields)
    comment = str(ref.get("free_text_comment") or "")
    title = comment.removeprefix("Publication title: ") if comment.startswith("Publ") else ""
    measured = {name: number_of(jv.get(f"default_{name}")) for name in schema.MDP_TARGETS}
    return Device(
        paper=str(ref.get("internal_sample_id") or file_name),
        number=1,
        fields=fields,
        doi=str(ref.get("DOI_number") or "").removeprefix("https://doi.org/"),
        title=title.strip(),
        year=_year(ref.get("publication_date")),
        method=by.removeprefix(WRITER).strip(" ()") if by.startswith(WRITER) else by,
        measured=measured if any(v is not None for v in measured.values()) else {},
        reviewed=method == BY_MODEL_REVIEWED,
    )


def is_classic(data: dict) -> bool:
    return str(data.get("m_def", "")).rpartition(".")[2] == DEFINITION.rpartition(".")[2]


def _year(date) -> int | None:
    text = str(date or "")[:4]
    return int(text) if text.isdigit() else None
