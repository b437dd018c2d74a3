"""Texts of papers that the user supplies, found by DOI.

Either a folder of `<doi with _ for />.txt` (10.1000_xyz.txt), or JSON Lines of {"doi", "text"}. DOIs
are compared without case and without `https://doi.org/`.
"""

from pathlib import Path

from masterkey.database.paper_splits import paper_key
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import parse_json, read_text


def text_name(doi: str) -> str:
    """The name under which the text of a DOI is looked up: 10.1000/XYZ → 10.1000_xyz."""
    return paper_key(doi).replace("/", "_")


def read_paper_texts(path: str | Path) -> dict[str, str]:
    """Texts by `text_name`, without blanks at their ends; empty ones are left out.

    Raises `UserError` where two stand under one name, or two are equal: copies of one text could
    come into training and test.
    """
    path = Path(path)
    pairs = _from_folder(path) if path.is_dir() else _from_lines(path)
    texts: dict[str, str] = {}
    of_text: dict[str, str] = {}
    for name, text in pairs:
        text = text.strip()
        if not text:
            continue
        if name in texts:
            raise UserError(f"{path}: has two texts for {name}; remove one of the two.")
        if text in of_text:
            raise UserError(
                f"{path}: the texts of {of_text[text]} and {name} are equal; remove the wrong one."
            )
        texts[name], of_text[text] = text, name
    if not texts:
        raise UserError(
            f"{path}: holds no text; give a folder of <doi with _ for />.txt, or JSON Lines of "
            '{"doi", "text"}.'
        )
    return texts


def _from_folder(folder: Path):
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() == ".txt" and file.is_file():
            yield text_name(file.stem), read_text(file)


def _from_lines(path: Path):
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        value = parse_json(line, str(path), number)
        if not isinstance(value, dict) or not all(
            isinstance(value.get(key), str) for key in ("doi", "text")
        ):
            raise UserError(f'{path}: line {number} is not {{"doi": "…", "text": "…"}}; mend it.')
        yield text_name(value["doi"]), value["text"]
