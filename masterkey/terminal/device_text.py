"""Device schemas as users have them: the 19 lines of an MDP row, an SII answer, or JSON."""

import json
import re

from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import valid_text

FORMS = "the 19 lines `Field name: value`, JSON of fields, or what `infer.py --json` prints"
_BLANKS = re.compile(r"\s*")


def read_devices(text: str, where: str) -> list[dict[str, str]]:
    """The MDP fields of one device, or of several JSON objects; only those that are given.

    Raises `UserError` naming `where` for text that holds no device.
    """
    if text.lstrip().startswith("{"):
        devices = [_fields_of(value) for value in _json_objects(text, where)]
    else:
        devices = [schema.parse_mdp_input(text) or _mdp_fields(schema.parse_sii_answer(text))]
    if not all(devices):
        number = f"device {devices.index({}) + 1} of {len(devices)} " if len(devices) > 1 else ""
        raise UserError(f"{where}: {number}holds none of the 19 device fields; give {FORMS}.")
    return devices


def _json_objects(text: str, where: str) -> list[dict]:
    """One JSON object, or several one after another (JSON Lines)."""
    decoder, place, values = json.JSONDecoder(), 0, []
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, _BLANKS.match(text, place).end())
        except json.JSONDecodeError as error:
            raise UserError(
                f"{where}: line {error.lineno}, column {error.colno} is not valid JSON "
                f"({error.msg}); mend it there."
            ) from None
        except RecursionError:
            raise UserError(f"{where}: is nested too deeply; give {FORMS}.") from None
        if not isinstance(value, dict):
            raise UserError(f"{where}: holds JSON that is no object; give {FORMS}.")
        values.append(value)
        place = _BLANKS.match(text, place).end()
    return values


def _fields_of(value: dict) -> dict[str, str]:
    """The fields of a JSON object: its own, those of a prediction line, or of a data row's input."""
    if isinstance(value.get("fields"), dict):
        # Those of an MDP line are Voc … PCE.
        value = value["fields"] if value.get("task") != "mdp" else {"input": value.get("input")}
    if isinstance(value.get("input"), str):
        return schema.parse_mdp_input(value["input"])
    return _mdp_fields({name.replace(" ", "_"): own for name, own in value.items()})


def _mdp_fields(values: dict) -> dict[str, str]:
    return {name: _text(values[name]) for name in schema.MDP_FIELDS if values.get(name) is not None}


def _text(value) -> str:
    """JSON's true and numbers as the database writes them."""
    if isinstance(value, bool):
        return str(value).upper()
    return valid_text(" ".join(str(value).split()))
