"""The phrases that may state a value of the schema in an invented paper.

The writer of synthetic_papers.py takes its words from here, and the tests look for them in what it
wrote: every value of a device that is not a default must be there in one of its wordings.
"""

from masterkey.synthetic.device import Composition, formula

MATERIALS = {
    "TiO2-c": ("compact TiO2", "c-TiO2", "dense TiO2"),
    "TiO2-mp": ("mesoporous TiO2", "mp-TiO2"),
    "Al2O3-mp": ("mesoporous Al2O3", "mp-Al2O3"),
    "SnO2-c": ("compact SnO2", "dense SnO2"),
    "SnO2-np": ("colloidal SnO2", "nanoparticulate SnO2"),
    "ZnO-c": ("compact ZnO", "dense ZnO"),
    "ZnO-np": ("colloidal ZnO", "nanoparticulate ZnO"),
    "Nb2O5": ("Nb2O5", "niobium pentoxide"),
    "CdS": ("CdS", "cadmium sulfide"),
    "PCBM-60": ("PCBM", "PC61BM", "[60]PCBM"),
    "PCBM-70": ("PC71BM", "[70]PCBM"),
    "ICBA": ("ICBA", "indene-C60 bisadduct"),
    "C60": ("C60", "buckminsterfullerene"),
    "BCP": ("BCP", "bathocuproine"),
    "Bphen": ("Bphen", "bathophenanthroline"),
    "LiF": ("LiF", "lithium fluoride"),
    "PEI": ("PEI", "polyethylenimine"),
    "Spiro-MeOTAD": ("spiro-OMeTAD", "Spiro-MeOTAD", "spiro"),
    "PTAA": ("PTAA", "poly(triarylamine)"),
    "P3HT": ("P3HT", "poly(3-hexylthiophene)"),
    "CuSCN": ("CuSCN", "copper thiocyanate"),
    "CuPc": ("CuPc", "copper phthalocyanine"),
    "TFB": ("TFB",),
    "MoO3": ("MoO3", "molybdenum oxide"),
    "V2O5": ("V2O5", "vanadium oxide"),
    "PEDOT:PSS": ("PEDOT:PSS",),
    "NiO-c": ("compact NiO", "dense NiO"),
    "NiO-np": ("colloidal NiO", "nanoparticulate NiO"),
    "2PACz": ("2PACz",),
    "MeO-2PACz": ("MeO-2PACz",),
    "Poly-TPD": ("poly-TPD", "Poly-TPD"),
    "PFN": ("PFN",),
    "Au": ("Au", "gold"),
    "Ag": ("Ag", "silver"),
    "Al": ("Al", "aluminium"),
    "Cu": ("Cu", "copper"),
    "Cr": ("Cr", "chromium"),
    "Ca": ("Ca", "calcium"),
    "Carbon": ("carbon", "conductive carbon"),
    "ITO": ("ITO", "indium tin oxide"),
    "IZO": ("IZO", "indium zinc oxide"),
    "FTO": ("FTO",),
    "AZO": ("AZO", "Al-doped ZnO"),
    "Ag-nw": ("silver nanowire mesh", "Ag nanowire mesh"),
    "SLG": ("glass",),
    "PET": ("PET",),
    "PEN": ("PEN",),
}
COMPOUNDS = {
    "TBP": ("tBP", "4-tert-butylpyridine"),
    "Li-TFSI": ("Li-TFSI", "LiTFSI"),
    "FK209": ("FK209", "FK 209 cobalt salt"),
    "Undoped": ("dopant-free", "undoped", "pristine"),
    "Cl": ("MACl", "PbCl2"),
    "Graphene oxide": ("graphene oxide",),
    "Thiourea": ("thiourea",),
    "Urea": ("urea",),
    "PEI": MATERIALS["PEI"],
    "Cu": ("copper", "Cu"),
    "Nb": ("niobium", "Nb"),
    "Li": ("lithium", "Li"),
    "Mg": ("magnesium", "Mg"),
}
SOLVENTS = {
    "DMF": ("DMF", "dimethylformamide"),
    "DMSO": ("DMSO", "dimethyl sulfoxide"),
    "GBL": ("GBL", "γ-butyrolactone"),
    "NMP": ("NMP", "N-methyl-2-pyrrolidone"),
    "2-ME": ("2-methoxyethanol", "2-ME"),
    "IPA": ("IPA", "isopropanol", "2-propanol"),
    "Ethanol": ("ethanol",),
    "none": ("without any solvent", "in a dry process"),  # behind a verb
}
# Past participles, so that all fit behind "was".
PROCEDURES = {
    "Spin-coating": ("spin-coated", "spin-cast", "spun", "deposited by spin coating"),
    "Evaporation": (
        "thermally evaporated",
        "vacuum-evaporated",
        "deposited by thermal evaporation",
    ),
    "E-beam evaporation": ("deposited by e-beam evaporation", "electron-beam evaporated"),
    "Sputtering": ("sputtered", "deposited by RF sputtering"),
    "Spray-pyrolys": ("spray-pyrolysed", "deposited by spray pyrolysis"),
    "Spray-coating": ("spray-coated", "sprayed through a nozzle"),
    "ALD": ("grown by ALD", "grown by atomic layer deposition"),
    "CBD": ("grown in a chemical bath", "deposited from a chemical bath"),
    "Doctor blading": ("doctor-bladed", "blade-coated"),
    "Slot-die coating": ("slot-die coated", "deposited by slot-die coating"),
    "Screen printing": ("screen-printed", "printed through a screen"),
    "Dipp-coating": ("dip-coated", "deposited by dip coating"),
    "Lamination": ("laminated", "applied by lamination"),
    "Co-evaporation": ("co-evaporated", "deposited by co-evaporation"),
}
NO_HTL = (
    "No hole conductor was used.",
    "The cells were free of a hole-transport layer.",
    "A hole-transport layer was omitted.",
)
# Instead of PROCEDURES["CBD"], which speaks of the layer that grows.
DIPPING = ("dipped into a bath", "immersed in a bath")
ATMOSPHERES = {
    "Air": ("air", "laboratory air"),
    "N2": ("N2", "nitrogen"),
    "Ambient": ("ambient conditions", "ambient atmosphere"),
    "Ar": ("argon", "Ar"),
    "Dry air": ("dry air", "a dry-air box"),
}
ARCHITECTURES = {
    "nip": ("n-i-p", "regular (n–i–p)", "conventional n-i-p"),
    "pin": ("p-i-n", "inverted (p–i–n)", "inverted p-i-n"),
}
FLAGS = {
    "Cell_flexible": ("flexible", "bendable"),
    "Cell_semitransparent": ("semitransparent", "see-through"),
    "Module": ("mini-module", "module"),
}
WRITTEN_OUT = {"MA": "CH3NH3", "FA": "HC(NH2)2"}
COUNTS = {4: ("four", "4"), 5: ("five", "5"), 6: ("six", "6"), 8: ("eight", "8"), 10: ("ten", "10")}


def wordings(field: str, part: str) -> tuple[str, ...]:
    """The phrases of which one states `part`, an atomic value (no separators) of `field`."""
    if field.endswith("procedure"):
        dipping = DIPPING if part == "CBD" and field.startswith("Perovskite") else ()
        return PROCEDURES[part] + dipping
    if field.endswith("solvents"):
        return SOLVENTS[part]
    if field.endswith("additives_compounds"):
        return COMPOUNDS.get(part, (part,))
    if field.endswith("stack_sequence"):
        return NO_HTL if part == "none" else MATERIALS[part]
    if field.endswith("annealing_time"):
        return duration_wordings(int(part))
    if field == "Stability_time_total_exposure":
        return exposure_wordings(int(part))
    if field == "Cell_area_measured":
        return area_wordings(part)
    if field == "Stability_temperature_range":
        room = ("room temperature",) if float(part) == 25 else ()
        return (f"{float(part):g} °C", f"{float(part):g} to ", *room)
    if field.endswith("annealing_temperature"):
        return (f"{part} °C",)
    by_value = {"Stability_atmosphere": ATMOSPHERES, "Cell_architecture": ARCHITECTURES}
    if field in by_value:
        return by_value[field][part]
    if field in FLAGS:
        return FLAGS[field]
    if "_number_" in field:
        return tuple(f"{count} cells" for count in COUNTS[int(part)])
    return (f"{part} %",) if "_PCE_" in field else (part,)


def formula_wordings(composition: Composition) -> tuple[str, ...]:
    """The long form, its halides in the other order, and the two organic cations atom by atom."""
    usual = composition.long_form
    swapped = formula(composition.cations + composition.metals + composition.halides[::-1])
    cation = composition.cations[0][0]
    if len(composition.cations) > 1 or cation not in WRITTEN_OUT:
        return (usual, swapped)
    return (usual, swapped, usual.replace(cation, WRITTEN_OUT[cation]))


def duration_wordings(minutes: int) -> tuple[str, ...]:
    """A time as min, s, or h: 90 → "90 min", "1.5 h"."""
    texts = [f"{minutes} min"]
    if minutes >= 30 and minutes % 30 == 0:
        texts.append(f"{minutes / 60:g} h")
    if minutes <= 2:
        texts.append(f"{minutes * 60} s")
    return tuple(texts)


def exposure_wordings(hours: int) -> tuple[str, ...]:
    """A time as h or days: 480 → "480 h", "480 hours", "20 days"."""
    days = (f"{hours // 24} days",) if hours % 24 == 0 and hours > 24 else ()
    return (f"{hours} h", f"{hours} hours", *days)


def area_wordings(area: str) -> tuple[str, ...]:
    """An area [cm²] as cm² or mm²: "0.09" → "0.09 cm2", "0.09 cm²", "9 mm2"."""
    small = (f"{float(area) * 100:g} mm2",) if float(area) < 1 else ()
    return (f"{area} cm2", f"{area} cm²", *small)
