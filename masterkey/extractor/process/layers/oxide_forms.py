"""The form of an oxide layer: compact, of nanoparticles, porous; as the text says it beside its name, or elsewhere."""

import re

from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.materials import Mention, form_said, materials

OXIDES = frozenset("TiO2 SnO2 ZnO NiO Al2O3 ZrO2".split())
_BASE = re.compile(r"-(?:c|np|mp|nw|nt)$")
_BESIDE, _WINDOW = 14, 70


def base(name: str) -> str:
    """SnO2-np → SnO2."""
    return _BASE.sub("", name)


def with_form(document: Document, name: str, operation: Operation | None) -> str:
    """The oxide's form as the sentence says it, else as the paper's other mentions do: SnO2-c → SnO2-np."""
    stem = base(name)
    if stem not in OXIDES:
        return name
    forms = {
        form: f"{stem}-{form}"
        for form in ("c", "np", "mp")
        if f"{stem}-{form}" in materials().roles
    }
    if stem == "ZnO" and name != "ZnO-mp" and _is_of_sol(document):
        return forms.get("c", name)
    if not forms or not name.endswith(("-c", stem)):
        return name
    if stem == "ZrO2":
        return forms.get("mp", name)
    if operation is not None:
        if operation.method in (
            "ALD",
            "CBD",
            "Sputtering",
            "Magnetron sputtering",
            "Spray-pyrolys",
            "E-beam evaporation",
            "Evaporation",
            "Electrodeposition",
            "CVD",
        ):
            return forms.get("c", name)
        said = _form_near(document, operation)
        if said in forms:
            return forms[said]
    if stem == "TiO2" and operation is not None and operation.method == "Screen printing":
        return forms.get("mp", name)
    alike = [m for m in document.mentions if base(m.name) == stem]
    is_colloid = any(m.name == forms.get("np") or _is_colloid(document, m) for m in alike)
    return forms["np"] if "np" in forms and stem != "TiO2" and is_colloid else name


_ZINC_SALT = re.compile(r"zinc acetate|zn\((?:o?ac|ch3coo)\)2|zinc nitrate")
_PARTICLES_OF_ZNO = re.compile(
    r"zno[ -](?:nano|np|ncs?\b|colloid|dispers|particle)|(?:nano-?particles?|nanocrystals?|colloids?|dispersion) (?:of|from) zno|\bkoh\b|potassium hydroxide|\btmah\b|tetramethylammonium hydroxide"
)


def _is_of_sol(document: Document) -> bool:
    """Whether zinc oxide is made from a salt on the substrate, and the text has no word of particles of it."""
    if not _ZINC_SALT.search(document.lower):
        return False
    return not _PARTICLES_OF_ZNO.search(document.lower)


def _is_colloid(document: Document, mention: Mention) -> bool:
    """Whether the words right beside a mention speak of particles: "SnO2 colloid", "colloidal SnO2"."""
    lower = document.lower
    return bool(
        _COLLOID.match(lower, mention.end) or _COLLOIDAL.search(lower, max(mention.start - 25, 0), mention.start)
    )  # fmt: skip


_COLLOID = re.compile(
    r"[\s-]*(?:\([^()]{0,40}\) )?(?:colloid|nano-?partic|dispersion|hydrocolloid|nano-?crystal)|\s?\((?:from )?alfa\b"
)
_COLLOIDAL = re.compile(
    r"(?:colloidal|nano-?particulate|nanocrystalline|dispersion of|colloid of|nanoparticles of) $"
)


def _form_near(document: Document, operation: Operation) -> str:
    start, end = operation.spans[0]
    sentence = operation.sentence
    for window in (_BESIDE, _WINDOW):
        first, last = max(sentence.start, start - window), min(sentence.end, end + window)
        if said := form_said(document.lower[first:last]):
            return said
    return ""
