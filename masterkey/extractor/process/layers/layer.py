"""A layer of the cell: what it is called and made by, which carrier it conducts, whether it is a contact."""

from dataclasses import dataclass, field

from masterkey.extractor.process.layers.operation import Operation
from masterkey.extractor.process.text.materials import materials
from masterkey.extractor.process.text.modern import RECENT

CONTACTS = frozenset(
    "Au Ag Al Cu Carbon Cr Ni Pt Pd Bi Mo Ti Ag-nw Graphite AgAl SWCNTs MWCNTs".split()
)
METALS = frozenset("Au Ag Al Cu Cr Ni Pt Pd Bi Mo AgAl".split())
# Between a hole conductor and a contact; in a contact they are no layer of their own part.
CONTACT_OXIDES = frozenset(("MoO3", "MoOx", "WO3", "V2O5"))
TCOS = frozenset("ITO IZO ICO IOH IWO IZrO AZO GZO IO:H FTO".split())


@dataclass
class Layer:
    """A deposited layer: `name` of the database, `method` "" where unknown; `stages` of its heat treatment."""

    name: str
    method: str
    spans: list[tuple[int, int]] = field(default_factory=list)
    operation: Operation | None = None
    is_treatment: bool = False


# By these a conductive oxide becomes an electrode on the cell; by others it is a layer below.
_OFOXIDES = frozenset(
    (
        "Sputtering",
        "Magnetron sputtering",
        "ALD",
        "Evaporation",
        "E-beam evaporation",
        "Lamination",
        "Pulsed laser deposition",
        "CVD",
        "",
    )
)


def is_contact(layer: Layer) -> bool:
    if layer.name in ("Graphene", "PH 1000") and layer.method == "Lamination":
        return True
    return layer.name in CONTACTS or (layer.name in TCOS - {"FTO"} and layer.method in _OFOXIDES)


def kind_of(name: str) -> float:
    """Above 0 for a hole conductor, below 0 for an electron conductor, 0 where neither is known; "A:B" is as A, "A; B" as either."""
    for known in (name, name.partition(":")[0], *name.split("; ")):
        roles = materials().roles.get(known) or {}
        hole, electron = roles.get("HTL", 0), roles.get("ETL", 0)
        fewest = 1 if known in RECENT and "treatment" not in roles else 2  # records that say so
        if hole + electron >= fewest:
            return (hole - electron) / (hole + electron)
    return 0.0
