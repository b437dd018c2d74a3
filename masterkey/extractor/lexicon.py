"""How papers write what the database names: spellings by database name, from general knowledge.

Spellings are compared without case, blanks, hyphens, colons and other marks (`squash`): "spiro-OMeTAD",
"Spiro OMeTAD" and "spiroOMeTAD" are one. Names of up to three letters (`Ag`, `Al`) must be written
in the same case. Names that are not here are looked for as they are written.
"""

import re
from functools import lru_cache

from masterkey.schema.values import plain

SPELLINGS = {
    # substrates
    "SLG": ("glass", "glass substrate", "glass substrates", "soda lime glass"),
    "FTO": ("FTO", "fluorine doped tin oxide", "F doped SnO2", "SnO2:F", "TEC15", "TEC7", "TEC8"),
    "ITO": ("ITO", "indium tin oxide", "indium doped tin oxide", "tin doped indium oxide"),
    "PET": ("PET", "polyethylene terephthalate"),
    "PEN": ("PEN", "polyethylene naphthalate"),
    "PES": ("PES",),
    # electron transport
    "TiO2-c": (
        "compact TiO2", "c-TiO2", "cTiO2", "cp-TiO2", "bl-TiO2", "TiO2 compact", "TiO2 blocking",
        "blocking TiO2", "dense TiO2", "TiO2 dense", "TiO2 hole blocking", "compact titania", "TiO2-c",
        "compact layer", "blocking layer", "compact TiOx", "c-TiOx", "TiOx", "hole blocking layer",
        "compact layer of TiO2", "blocking layer of TiO2", "planar TiO2", "d-TiO2", "compact titanium dioxide",
        "titanium diisopropoxide bis(acetylacetonate)", "titanium isopropoxide",
        "compact and mesoporous TiO2", "TiO2 cl", "cl-TiO2",
    ),
    "TiO2-mp": (
        "mesoporous TiO2", "mp-TiO2", "m-TiO2", "mTiO2", "meso-TiO2", "TiO2 mesoporous", "ms-TiO2",
        "TiO2 paste", "mesoporous titania", "mesoporous layer", "TiO2 scaffold", "TiO2-mp", "18NRT", "18NR-T",
        "30NRD", "30NR-D", "90T", "mesoporous scaffold", "mesoscopic TiO2", "mesostructured TiO2", "TiO2 nanoparticle paste",
        "mesoporous TiO2 paste", "titania paste", "TiO2 mp", "porous TiO2", "nanoporous TiO2", "mesoporous film",
    ),
    "TiO2-np": ("TiO2 nanoparticles", "TiO2 nanoparticle", "TiO2 NPs", "TiO2 nanocrystals", "TiO2 NP"),
    "TiO2-nw": ("TiO2 nanowires", "TiO2 nanorods", "TiO2 nanorod", "TiO2 nanowire"),
    "SnO2-np": (
        "SnO2 nanoparticles", "SnO2 colloid", "SnO2 colloidal", "colloidal SnO2", "SnO2 NPs", "SnO2 nanoparticle",
        "tin oxide colloid", "SnO2 colloid precursor", "SnO2 quantum dots", "SnO2 nanocrystals", "tin(IV) oxide",
        "SnO2 hydrocolloid dispersion", "SnO2 aqueous colloidal dispersion", "tin oxide nanoparticles", "SnO2 dispersion",
    ),
    "SnO2-c": ("compact SnO2", "c-SnO2", "SnCl2", "SnCl2·2H2O", "SnCl4", "SnO2", "SnOx"),
    "SnO2-mp": ("mesoporous SnO2", "m-SnO2", "mp-SnO2"),
    "ZnO-np": ("ZnO nanoparticles", "ZnO NPs", "ZnO nanoparticle", "ZnO colloidal", "ZnO NP", "ZnO nanocrystals"),
    "ZnO-c": ("ZnO layer", "compact ZnO", "sol-gel ZnO", "ZnO sol gel", "zinc acetate", "ZnO film", "zinc acetate dihydrate"),
    "ZnO-nw": ("ZnO nanorods", "ZnO nanowires", "ZnO nanorod"),
    "ZnO": ("ZnO", "zinc oxide"),
    "Al2O3-mp": ("mesoporous Al2O3", "Al2O3 scaffold", "Al2O3", "alumina", "mp-Al2O3"),
    "ZrO2-mp": ("ZrO2", "mesoporous ZrO2"),
    "PCBM-60": (
        "PCBM", "PC61BM", "PC60BM", "[60]PCBM", "phenyl-C61-butyric acid methyl ester",
        "[6,6]-phenyl-C61-butyric acid methyl ester", "phenyl C60 butyric acid methyl ester", "PCBM60",
    ),
    "PCBM-70": ("PC71BM", "PC70BM", "[70]PCBM", "phenyl-C71-butyric acid methyl ester", "PCBM70"),
    "C60": ("C60", "fullerene", "fullerene C60"),
    "C60-SAM": ("C60-SAM", "C60 SAM", "fullerene self assembled monolayer"),
    "C70": ("C70",),
    "ICBA": ("ICBA", "IC60BA", "indene C60 bisadduct"),
    "BCP": ("BCP", "bathocuproine", "2,9-dimethyl-4,7-diphenyl-1,10-phenanthroline"),
    "Bphen": ("Bphen", "bathophenanthroline", "4,7-diphenyl-1,10-phenanthroline"),
    "LiF": ("LiF", "lithium fluoride"),
    "PEI": ("PEI", "polyethylenimine", "polyethyleneimine"),
    "PEIE": ("PEIE", "polyethylenimine ethoxylated", "ethoxylated polyethylenimine"),
    "PFN": ("PFN",),
    "Zr(acac)4": ("Zr(acac)4", "ZrAcac", "Zr(acac)", "zirconium acetylacetonate", "zirconium(IV) acetylacetonate"),
    "Rhodamine 101": ("Rhodamine 101", "rhodamine"),
    "bis-C70": ("bis-C70",), "bis-C60": ("bis-C60", "C60-bis"),
    "CdS": ("CdS",), "Nb2O5": ("Nb2O5",), "In2O3": ("In2O3",), "WO3": ("WO3", "WOx"), "MgO": ("MgO",),
    "Cs2CO3": ("Cs2CO3",), "Ca": ("Ca",), "CeOx": ("CeOx", "CeO2"), "BaSnO3": ("BaSnO3",), "Ba": ("Ba",),
    # hole transport
    "Spiro-MeOTAD": (
        "spiro-OMeTAD", "spiro-MeOTAD", "spiro", "spiroOMeTAD", "spiro-OMeTDA", "spiro-MeTAD",
        "2,2',7,7'-tetrakis(N,N-di-p-methoxyphenylamine)-9,9'-spirobifluorene", "spirobifluorene",
    ),
    "PEDOT:PSS": (
        "PEDOT:PSS", "poly(3,4-ethylenedioxythiophene):poly(styrenesulfonate)", "AI 4083", "AI4083", "PEDOT",
        "poly(3,4-ethylenedioxythiophene)-poly(styrenesulfonate)", "poly(3,4-ethylenedioxythiophene)",
    ),
    "PTAA": ("PTAA", "poly(triaryl amine)", "poly(triarylamine)", "poly[bis(4-phenyl)(2,4,6-trimethylphenyl)amine]"),
    "P3HT": ("P3HT", "poly(3-hexylthiophene)", "poly(3-hexylthiophene-2,5-diyl)"),
    "NiO-c": ("NiO", "NiOx", "nickel oxide", "NiO film", "NiO layer", "NiOx film", "nickel acetate"),
    "NiO-np": ("NiO nanoparticles", "NiOx nanoparticles", "NiOx NPs", "NiO NPs", "NiO nanoparticle", "NiOx nanoparticle", "NiO nanocrystals"),
    "CuSCN": ("CuSCN", "copper thiocyanate", "copper(I) thiocyanate"),
    "CuI": ("CuI", "copper iodide"), "CuS": ("CuS",), "CuInS2": ("CuInS2",),
    "NiMgLiO": ("NiMgLiO", "NiMgLiOx", "NiLiMgO", "NiMgOLi"),
    "ZnPc": ("ZnPc", "zinc phthalocyanine"), "CuPc": ("CuPc", "copper phthalocyanine"),
    "TAPC": ("TAPC",), "TPD": ("TPD",), "NPB": ("NPB",), "TaTm": ("TaTm",), "P3CT-Na": ("P3CT-Na",), "P3CT": ("P3CT",),
    "poly-TPD": ("poly-TPD", "polyTPD"), "PCPDTBT": ("PCPDTBT",), "DR3TBDTT": ("DR3TBDTT",), "TFB": ("TFB",),
    "MoO3": ("MoO3", "MoOx", "molybdenum oxide", "molybdenum trioxide"), "MoOx": ("MoOx",), "V2O5": ("V2O5", "VOx"),
    "rGO": ("rGO", "reduced graphene oxide", "r-GO"), "Graphene oxide": ("graphene oxide", "GO"),
    "Graphene": ("graphene",), "SWCNTs": ("SWCNT", "SWCNTs", "SWNTs"), "PEG": ("PEG", "polyethylene glycol"),
    # contacts
    "Au": ("Au", "gold", "Au electrode"), "Ag": ("Ag", "silver"), "Al": ("Al", "aluminum", "aluminium"),
    "Cu": ("Cu", "copper", "Cu electrode"), "Carbon": ("carbon electrode", "carbon paste", "carbon counter electrode", "carbon"),
    "AZO": ("AZO", "Al-doped ZnO"), "IZO": ("IZO",), "Ag-nw": ("Ag nanowires", "AgNWs", "silver nanowires", "AgNW"),
    "AgAl": ("Ag-Al", "AgAl", "Ag Al alloy", "silver aluminum"), "Carbon-nt": ("carbon nanotube", "carbon nanotubes", "CNT", "CNTs"),
    "Cr": ("Cr", "chromium"), "Pt": ("Pt",), "Ni": ("Ni",), "W": ("tungsten",),
    # additives
    "Li-TFSI": (
        "Li-TFSI", "LiTFSI", "lithium bis(trifluoromethanesulfonyl)imide", "lithium bis(trifluoromethylsulfonyl)imide",
        "bis(trifluoromethane)sulfonimide lithium salt", "lithium salt", "Li salt", "lithium bis(trifluoromethylsulphonyl)imide",
        "lithium bis(trifluoromethane sulfonyl)imide", "LiTSFI", "Li-TSFI", "lithium bistrifluoromethanesulfonimidate",
        "bis(trifluoromethylsulfonyl)imide lithium salt", "bis(trifluoromethanesulfonyl)imide lithium salt",
        "lithium bis(trifluoromethanesulphonyl)imide", "bis(trifluoromethane)sulfonimide",
    ),
    "TBP": ("TBP", "tBP", "4-tert-butylpyridine", "tert-butylpyridine", "4-tert-butyl pyridine", "4-TBP", "t-BP", "4tBP", "tertbutyl pyridine"),
    "FK209": ("FK209", "FK-209", "Co(III) TFSI", "FK209 Co(III)", "Co(III)", "cobalt", "tris(2-(1H-pyrazol-1-yl)-4-tert-butylpyridine)cobalt(III)"),
    "FK102": ("FK102", "FK-102"), "FK269": ("FK269",),
    "F4-TCNQ": ("F4-TCNQ", "F4TCNQ"), "TiCl4": ("TiCl4", "titanium tetrachloride"),
    "Cl": (
        "PbCl2", "MACl", "CH3NH3Cl", "NH4Cl", "MAPbI3-xClx", "CH3NH3PbI3-xClx", "methylammonium chloride", "lead chloride",
        "CH3NH3PbI3−xClx", "CsCl", "PbI3-xClx", "FACl", "lead(II) chloride", "ClxI3-x", "PbI3xClx", "xClx",
    ),
    "HI": ("HI", "hydroiodic acid"), "Pb(SCN)2": ("Pb(SCN)2", "lead thiocyanate"), "SnF2": ("SnF2", "tin fluoride"),
    "DIO": ("DIO", "1,8-diiodooctane"), "H2O": ("H2O",), "MAAc": ("MAAc",), "Thiourea": ("thiourea",), "HBr": ("HBr",),
    # solvents
    "DMF": ("DMF", "dimethylformamide", "N,N-dimethylformamide", "dimethyl formamide", "N,N-dimethyl formamide", "N,N′-dimethylformamide"),
    "DMSO": ("DMSO", "dimethyl sulfoxide", "dimethylsulfoxide", "dimethyl sulphoxide"),
    "GBL": ("GBL", "γ-butyrolactone", "gamma-butyrolactone", "butyrolactone", "g-butyrolactone"),
    "IPA": ("IPA", "isopropanol", "2-propanol", "isopropyl alcohol", "iso-propanol", "propanol"),
    "NMP": ("NMP", "N-methyl-2-pyrrolidone", "N-methylpyrrolidone", "1-methyl-2-pyrrolidinone", "N-methyl-2-pyrrolidinone"),
    "Methanol": ("methanol",), "Ethanol": ("ethanol",), "THF": ("THF", "tetrahydrofuran"), "Octane": ("octane",),
    "ACN": ("ACN", "acetonitrile"), "2-ME": ("2-methoxyethanol",), "DMAc": ("DMAc", "dimethylacetamide"),
    # procedures
    "Spin-coating": ("spin coated", "spin coating", "spin cast", "spin coat", "spin casting", "spun", "spincoated", "spincoating", "rpm"),
    "Evaporation": ("evaporated", "evaporation", "thermally evaporated", "thermal evaporation", "vacuum evaporation", "evaporating", "vacuum deposited", "thermally deposited"),
    "Spray-pyrolys": ("spray pyrolysis", "spray pyrolyzed", "sprayed", "spraying", "aerosol"),
    "Spray-coating": ("spray coating", "spray coated"),
    "CBD": ("dipped", "dipping", "immersed", "immersing", "soaked", "chemical bath deposition", "chemical bath", "CBD"),
    "Dipp-coating": ("dip coating", "dip coated", "immersed", "dipped"),
    "ALD": ("ALD", "atomic layer deposition", "atomic layer deposited"),
    "Sputtering": ("sputtered", "sputtering", "sputter"), "Magnetron sputtering": ("magnetron sputtering", "magnetron sputtered", "magnetron"),
    "E-beam evaporation": ("e-beam evaporation", "electron beam evaporation", "e-beam", "electron beam"),
    "Hydrothermal": ("hydrothermal", "autoclave"), "Doctor blading": ("doctor blading", "doctor bladed", "doctor blade", "blade coating", "blade coated", "doctor-blade"),
    "Screen printing": ("screen printing", "screen printed"), "Slot-die coating": ("slot die",),
    "Co-evaporation": ("co-evaporation", "co-evaporated"), "CVD": ("CVD", "chemical vapor deposition"),
    "Gas reaction": ("vapor", "MAI vapor"), "Dropcasting": ("drop casting", "drop cast", "dropcast"),
    "Lamination": ("laminated", "lamination"), "Pulsed laser deposition": ("pulsed laser deposition", "PLD"),
    "Hot-casting": ("hot casting", "hot-casting"), "Electrodeposition": ("electrodeposition", "electrodeposited"),
    "Slot-die": ("slot-die",), "Inkjet printing": ("inkjet",), "Solvent annealing": ("solvent annealing",),
    # atmospheres
    "Air": ("ambient air", "in air", "ambient", "humidity", "RH", "relative humidity"), "N2": ("nitrogen", "N2", "glovebox", "glove box"),
    "Ar": ("argon", "Ar"), "Dry air": ("dry air", "dry box", "desiccator"), "Ambient": ("ambient",), "Vacuum": ("vacuum",),
}  # fmt: skip

# What a name says beyond its material: compact, nanoparticles, mesoporous, nanowires.
FORM = re.compile(r"-(?:c|np|mp|nw|nt|60|70|nc|nanofibers|ns)$")
WORD = re.compile(r"[^\W_]+")
CASED_LENGTH = 3


@lru_cache(maxsize=2)  # the rankers and the rules read the same text
def words_of(text: str) -> list[tuple[str, int, int]]:
    """Each run of letters and digits with its place [start, end)."""
    return [(match[0], match.start(), match.end()) for match in WORD.finditer(text)]


@lru_cache(maxsize=1 << 14)
def squash(text: str) -> str:
    """Letters and digits alone, lower-cased; up to `CASED_LENGTH` of them keep their case."""
    letters = "".join(WORD.findall(plain(text)))
    return letters if len(letters) <= CASED_LENGTH else letters.lower()


@lru_cache(maxsize=1 << 14)
def spellings(name: str) -> frozenset[str]:
    """Squashed spellings of a database name: its own and those of `SPELLINGS`."""
    return frozenset((squash(name), *map(squash, SPELLINGS.get(name, ())))) - {""}


@lru_cache(maxsize=1 << 14)
def base(name: str) -> str:
    """The material without its form: "TiO2-mp" → "TiO2"."""
    return FORM.sub("", name)
