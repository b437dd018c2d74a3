"""A cation of the target's perovskite that a device beside it goes without: "no CsI", "caesium-free" (issue 14)."""

import re

from masterkey.extractor.compositions import parse_formula, short_form
from masterkey.extractor.fields import LONG_FORM, SHORT_FORM
from masterkey.extractor.process.devices.paper import Findings
from masterkey.extractor.process.inks.composition import ions_of
from masterkey.extractor.process.text.findings import Finding

_SALT = re.compile(
    r"(?:the |any |addition of )?(?:(?P<Cs>cs|c(?:a)?esium)|(?P<Rb>rb|rubidium)|(?P<K>k|potassium)|(?P<MA>ma|methylammonium)|(?P<FA>fa|formamidinium)|(?P<GA>ga|guanidinium))(?: ?(?:i|br|\+|iodide|bromide))?(?![\w(])"
)


def without_cation(found: Findings, lacked: str, place: tuple[int, int]) -> bool:
    """Take the cation of a salt that is lacked out of the lattice, if others are left; whether there is one."""
    match, finding = _SALT.match(lacked), found.get(LONG_FORM)
    if match is None or finding is None or " | " in finding.value:
        return False
    cations, metals, _ = ions_of(finding.value)
    if match.lastgroup not in cations or len(cations) < 2:
        return False
    amounts = parse_formula(finding.value)
    kept = sorted(cations - {match.lastgroup})
    total = sum(amounts[ion] for ion in kept)
    whole = sum(amounts[ion] for ion in cations)
    first_metal = min(finding.value.index(metal) for metal in metals)
    shares = {ion: f"{round(whole * amounts[ion] / total, 2):g}" for ion in kept}
    lattice = "".join(ion + (share if share != "1" else "") for ion, share in shares.items())
    value = lattice + finding.value[first_metal:]
    found[LONG_FORM] = Finding(value, 0.6, "deduced", (place,))
    found[SHORT_FORM] = Finding(short_form(value), 0.75, "deduced", (place,))
    return True
