"""Names that the Perovskite Database's manual records (up to about 2020) lack, from general knowledge.

Role → name → spellings; compared as `lexicon.squash` writes them. The name is how a record should call the
material; of its spellings the name itself needs no mention.
"""

NAMES = {
    "HTL": {
        # self-assembled monolayers
        "2PACz": ("[2-(9H-carbazol-9-yl)ethyl]phosphonic acid", "2-(9H-carbazol-9-yl)ethylphosphonic acid", "2-PACz"),
        "MeO-2PACz": ("[2-(3,6-dimethoxy-9H-carbazol-9-yl)ethyl]phosphonic acid", "MeO2PACz", "MeO-PACz"),
        "Me-4PACz": ("[4-(3,6-dimethyl-9H-carbazol-9-yl)butyl]phosphonic acid", "Me4PACz"),
        "Me-2PACz": ("[2-(3,6-dimethyl-9H-carbazol-9-yl)ethyl]phosphonic acid",),
        "MeO-4PACz": ("[4-(3,6-dimethoxy-9H-carbazol-9-yl)butyl]phosphonic acid",),
        "4PACz": ("[4-(9H-carbazol-9-yl)butyl]phosphonic acid",),
        "Br-2PACz": ("[2-(3,6-dibromo-9H-carbazol-9-yl)ethyl]phosphonic acid",), "Br-4PACz": (),
        "Cl-2PACz": (), "F-2PACz": (), "I-2PACz": (), "Ph-4PACz": (), "DMAcPA": (), "MeO-PhPACz": (), "Me-PhpPACz": (),
        "4PADCB": ("4-PADCB", "(4-(7H-dibenzo[c,g]carbazol-7-yl)butyl)phosphonic acid"), "4PADBC": (), "CbzNaph": (), "DC-PA": (), "DCB-BPA": (),
        "MPA-CPA": ("MPA2FPh-BT-BA",), "V1036": (), "EADR03": (), "EADR04": (), "CbzPh": (), "JJ24": (), "PTZ-PA": (), "KF-PA": (), "Poly-4PACz": (),
        "MeO-4PADBC": (), "Py3": (), "TPA-PT-C6": (), "3PATAT-C3": (), "4PABCz": (), "PhpAPy": (), "Br-TPP": (), "SAM-HTL": (),
        # polymers, molecules, oxides
        "Poly-TPD": ("polyTPD", "poly(N,N'-bis-4-butylphenyl-N,N'-bisphenyl)benzidine"), "PolyTPD": (), "PTB7-Th": (), "PCE10": (), "D18": (),
        "NiO-np": ("NiO nanoparticle ink", "nickel oxide nanoparticles", "nickel oxide nanoparticle", "NiOx nanocrystal", "NiOx colloid", "NiOx nanocrystals"),
        "VNPB": (), "TaTm": (), "TCTA": (), "F6-TCNNQ": (), "CuGaO2": (), "CuCrO2": (), "X60": (), "X55": (), "EH44": (), "EDOT-OMeTPA": (), "DMZ": (),
        "Spiro-mF": (), "P3CT-N": (), "P3CT-Rb": (), "PEDOT": (), "PEDOT:PSS": ("PEDOT: PSS", "P VP AI 4083", "Al 4083", "P VP Al 4083"), "DM": (), "BDT-TPA": (), "Asy-PBTBDT": (),
        "CuPc": ("copper phthalocyanine",), "PDCBT": (), "MC8-9H": (), "MoO2": (), "MoOx": ("MoOx", "molybdenum oxide"), "VOx": ("vanadium oxide",),
    },
    "ETL": {
        "SnO2-np": ("SnO2 nanoparticle dispersion", "SnO2 colloidal solution", "SnO2 colloidal dispersion", "colloidal tin oxide", "tin oxide dispersion", "tin(IV) oxide colloidal dispersion"),
        "SnO2-c": ("SnO2", "SnOx", "tin oxide", "tin dioxide"),
        "TiO2-c": ("TiO2", "TiOx", "titanium dioxide", "titania", "titanium oxide"),
        "ZnO-c": ("ZnO", "zinc oxide"),
        "PCBM-60": ("PC61BM", "PCBM", "PC60BM", "[60]PCBM", "phenyl-C61-butyric acid methyl ester"),
        "C60": ("fullerene", "fullerene C60", "buckminsterfullerene"), "BCP": ("bathocuproin", "bathocuproine"),
        "TPBi": (), "Bphen": (), "PFN-Br": (), "PNDIT-F3N": (), "PNDIT-F3N-Br": (), "PDINO": (), "PDIN": (), "PDINN": (), "C60-BA": (), "CPTA": (), "C9": (), "ICMA": (),
        "ITIC": (), "Y6": (), "N2200": (), "TmPyPB": (), "Liq": (), "8-TPAIC": (), "LiF": ("lithium fluoride",), "MgF2": ("magnesium fluoride", "MgFx"), "AZO-np": ("AZO nanoparticles", "Al-doped ZnO nanoparticles"),
        "BaSnO3": ("La-doped BaSnO3", "LBSO", "barium stannate"), "Zn2SnO4": ("ZTO", "zinc stannate"), "Nb2O5": ("niobium oxide", "niobium pentoxide"), "In2O3": ("indium oxide",), "WO3": ("tungsten oxide", "tungsten trioxide"),
        "CeOx": ("ceria", "cerium oxide"), "SrTiO3": (), "Al2O3": ("aluminum oxide", "aluminium oxide", "alumina"), "ZrO2": ("zirconia", "zirconium dioxide"), "PMMA": ("poly(methyl methacrylate)",), "PMMA:PCBM": (),
        "AlOx": (), "PEI": ("polyethyleneimine",), "PEIE": ("ethoxylated polyethyleneimine", "polyethyleneimine ethoxylated"), "CdSe": (), "Bi2S3": (), "CdS": ("cadmium sulfide",), "HATNAS3C7-Cs": (),
    },
    "Backcontact": {
        "IZO": ("indium zinc oxide", "zinc-doped indium oxide", "In2O3:Zn"), "ICO": ("indium cerium oxide", "cerium-doped indium oxide"), "IOH": ("In2O3:H", "hydrogenated indium oxide"),
        "IWO": ("tungsten-doped indium oxide",), "IZrO": ("IZRO", "zirconium-doped indium oxide", "In2O3:Zr"), "AZO": ("aluminum-doped zinc oxide", "aluminium-doped zinc oxide", "Al:ZnO", "ZnO:Al"), "GZO": (), "ITO": (),
        "IO:H": (), "Carbon": ("carbon ink", "carbon paste", "carbon electrode", "carbon", "carbon black/graphite", "carbon layer"), "Ag-nw": ("nanowires", "nanowire network", "AgNWs", "AgNW", "silver nanowires", "silver nanowire", "Ag nanowires", "Ag nanowire", "Ag NWs"),
        "Ag": ("silver", "silver paste", "silver ink", "Ag paste", "silver grid", "Ag grid", "silver fingers"), "Au": ("gold",), "Cu": ("copper",), "Al": ("aluminum", "aluminium"), "Cr": ("chromium",), "Bi": ("bismuth",), "Mo": ("molybdenum",), "Ni": ("nickel",), "Pd": ("palladium",), "Pt": ("platinum",), "Ti": (),
        "SWCNTs": ("single-walled carbon nanotubes", "SWCNT", "SWNT"), "MWCNTs": ("multi-walled carbon nanotubes", "MWCNT"), "Graphene": (), "Graphite": (),
    },
    "Substrate": {
        "SLG": ("glass", "soda-lime glass", "glass substrate", "glass substrates", "glass sheet", "glass sheets", "glass plates"), "FTO": ("fluorine-doped tin oxide", "F:SnO2", "SnO2:F", "F-doped tin oxide", "F-doped SnO2", "fluorinated tin oxide"),
        "ITO": ("indium tin oxide", "indium-doped tin oxide", "tin-doped indium oxide", "In2O3:Sn"), "IZO": (), "AZO": (), "PEN": ("polyethylene naphthalate", "poly(ethylene naphthalate)", "polyethylene 2,6-naphthalate"), "PET": ("polyethylene terephthalate", "poly(ethylene terephthalate)"),
        "PI": ("polyimide", "Kapton"), "Willow glass": ("ultrathin glass", "flexible glass"), "Si": ("silicon wafer", "silicon wafers", "silicon heterojunction", "silicon bottom cell"), "CIGS": (), "PDMS": (), "IMI": (),
    },
    # on the perovskite, or between it and a transport layer; no layer of its own in most records
    "treatment": {
        "PEAI": ("phenethylammonium iodide", "phenylethylammonium iodide", "2-phenylethylammonium iodide", "phenethyl ammonium iodide", "PEA iodide"), "PEACl": ("phenethylammonium chloride",), "PEABr": ("phenethylammonium bromide",),
        "BABr": ("n-butylammonium bromide", "butylammonium bromide"), "BAI": ("n-butylammonium iodide", "butylammonium iodide"), "BACl": (), "OAI": ("n-octylammonium iodide", "octylammonium iodide", "OctAI"), "OABr": ("octylammonium bromide",), "HAI": ("hexylammonium iodide",), "HABr": ("hexylammonium bromide",),
        "PDAI2": ("propane-1,3-diammonium iodide", "1,3-propanediammonium iodide", "propanediammonium diiodide", "propane-1,3-diammonium diiodide", "PDI2", "PDADI"), "EDAI2": ("ethylenediammonium diiodide", "ethane-1,2-diammonium iodide", "ethylenediammonium iodide", "EDAI"), "PDACl2": (), "EDACl2": (),
        "PipI": ("piperazinium iodide", "piperazinium diiodide", "PI", "PDAI"), "CF3-PEAI": (), "4F-PEAI": ("F-PEAI", "4-fluorophenethylammonium iodide", "p-F-PEAI", "4-fluoro-phenethylammonium iodide", "FPEAI"), "4-Cl-PEAI": (), "pF-PEAI": (), "o-PDEAI2": (), "GAI": ("guanidinium iodide",), "GABr": ("guanidinium bromide",), "GuaSCN": ("guanidinium thiocyanate", "GASCN"), "CHAI": (), "CEAI": (), "TEAI": (), "MPAI": (), "PMAI": (), "ThMAI": (), "ThEAI": (), "DMAI": ("dimethylammonium iodide",), "4-AMPI2": (), "AMPI": (),
        "MEAI": (), "TOPO": ("trioctylphosphine oxide", "tri-n-octylphosphine oxide"), "choline chloride": (), "5-AVAI": ("5-ammonium valeric acid iodide", "5-aminovaleric acid iodide", "5-AVA iodide", "AVAI", "5-ammoniumvaleric acid iodide"), "Thiophene": (), "3-MTPAI": (), "OATFA": (), "C6Br": (), "DPSI": (), "A43": (), "iBABr": (), "OLAI": ("oleylammonium iodide",), "KI": (), "NaCl": (), "CsAc": (), "PyI": (), "BDAI2": (), "BDADI": (), "NMAI": (), "NEAI": (), "PbSO4": (),
    },
    "additive": {
        "MACl": ("methylammonium chloride", "CH3NH3Cl"), "Pb(SCN)2": ("lead thiocyanate", "lead(II) thiocyanate"), "SnF2": ("tin fluoride", "tin(II) fluoride"), "SnCl2": (), "FACl": ("formamidinium chloride",), "FAAc": ("formamidinium acetate",), "NH4Cl": ("ammonium chloride",), "NH4SCN": ("ammonium thiocyanate",), "PbCl2": ("lead chloride", "lead(II) chloride"), "RbI": ("rubidium iodide",), "KI": ("potassium iodide",), "CsCl": ("cesium chloride", "caesium chloride"), "RbCl": ("rubidium chloride",), "KCl": ("potassium chloride",), "GuaSCN": ("guanidinium thiocyanate", "GASCN", "GuSCN"),
        "BMIMBF4": ("1-butyl-3-methylimidazolium tetrafluoroborate", "[BMIM]BF4", "BMIM-BF4"), "BMPBF4": ("[BMP]+[BF4]-", "[BMP][BF4]"), "LiF": (), "L-α-phosphatidylcholine": ("L-alpha-phosphatidylcholine", "L-a-phosphatidylcholine", "soy lecithin", "lecithin", "LP"), "Glycine hydrochloride": ("glycine HCl", "GlyHCl"), "MAAc": ("methylammonium acetate",), "MAFa": ("methylammonium formate",), "PFPN": (), "5-AVAI": (), "5-AVACl": (), "H3PO2": ("hypophosphorous acid",), "HI": ("hydroiodic acid",), "TPPO": ("triphenylphosphine oxide",), "biuret": (), "urea": (), "thiourea": (), "MDACl2": ("methylenediammonium dichloride", "methanediammonium dichloride", "methylene diammonium dichloride", "MDACI2"), "EDAI2": ("ethylenediammonium diiodide",), "PEAI": ("phenethylammonium iodide",), "PEACl": (), "Ge": (), "GeI2": ("germanium iodide",), "SbI3": (), "NaSCN": (), "KSCN": (), "CHP": ("N-cyclohexyl-2-pyrrolidone",), "PbAc2": ("lead acetate", "Pb(Ac)2", "PbAc2"), "sulfanilic acid": (), "4-TBP": (), "barbituric acid": (), "FASCN": (), "DMAI": (), "PVP": (), "PEG": (), "PMMA": (), "caffeine": (), "CoI2": (), "ZnI2": (), "CaI2": (), "SrI2": (), "InI3": (),
        "Li-TFSI": ("LiNTf2", "LiN(SO2CF3)2", "lithium bistrifluoromethylsulfonylimide", "lithium bis(trifluoromethylsulfonyl)imide"), "TBP": ("4-tert-butylpyridine", "t-BP", "4-tert-butyl pyridine", "tert-butyl pyridine"), "FK209": ("FK 209",), "TPFB": ("4-isopropyl-4'-methyldiphenyliodonium tetrakis(pentafluorophenyl)borate", "DPI-TPFB", "LAD"), "F4-TCNQ": ("F4TCNQ", "2,3,5,6-tetrafluoro-7,7,8,8-tetracyanoquinodimethane"), "BCF": ("tris(pentafluorophenyl)borane",), "Mg-TFSI2": (), "Zn(TFSI)2": ("Zn-TFSI2", "ZnTFSI"), "spiro(TFSI)2": (),
    },
}  # fmt: skip

# Database name → spellings of solvents.
SOLVENTS = {
    "DMF": ("N,N-dimethylformamide", "dimethylformamide", "dimethyl formamide", "N,N'-dimethylformamide"), "DMSO": ("dimethyl sulfoxide", "dimethylsulfoxide", "dimethyl sulphoxide", "dimethylsulphoxide"), "GBL": ("γ-butyrolactone", "gamma-butyrolactone", "butyrolactone"), "GVL": ("γ-valerolactone", "gamma-valerolactone", "valerolactone"),
    "NMP": ("N-methyl-2-pyrrolidone", "N-methylpyrrolidone", "1-methyl-2-pyrrolidinone", "N-methyl-2-pyrrolidinone", "N-methyl pyrrolidone", "1-methyl-2-pyrrolidone"), "2-methoxyethanol": ("2-ME", "2ME", "2-methoxy ethanol", "methoxyethanol"), "Acetonitrile": ("ACN", "MeCN", "CH3CN"), "IPA": ("isopropanol", "2-propanol", "isopropyl alcohol", "iso-propanol", "propan-2-ol", "iso-propyl alcohol"),
    "DMAc": ("dimethylacetamide", "N,N-dimethylacetamide", "DMA"), "DMI": ("1,3-dimethyl-2-imidazolidinone",), "DMPU": ("1,3-dimethyl-3,4,5,6-tetrahydro-2(1H)-pyrimidinone", "N,N'-dimethylpropyleneurea", "dimethylpropyleneurea"), "Ethanol": ("EtOH", "ethyl alcohol", "absolute ethanol"), "Methanol": ("MeOH",), "H2O": ("water", "deionized water", "DI water", "deionised water", "ultrapure water"),
    "THF": ("tetrahydrofuran",), "Methylamine": ("methylamine",), "Toluene": (), "Chlorobenzene": ("CB", "chlorbenzene"), "Dichlorobenzene": ("o-dichlorobenzene", "1,2-dichlorobenzene", "ortho-dichlorobenzene", "ODCB", "DCB"), "Chloroform": ("CHCl3",), "Diethyl ether": ("ether", "DEE"), "Ethyl acetate": ("EA", "EtOAc"), "Anisole": (), "Methyl acetate": ("MeOAc",), "Acetone": (), "n-butanol": ("1-butanol", "butanol"), "Hexane": ("hexanes", "n-hexane"), "Heptane": ("n-heptane",), "Cyclohexane": (), "o-Xylene": ("ortho-xylene", "1,2-xylene", "xylene"), "1-octadecene": ("octadecene",), "Cyclohexanol": (), "tert-butanol": ("tert-butyl alcohol", "t-butanol"), "Pyridine": (), "Glycerol": ("propanetriol",), "Butylamine": ("n-butylamine",),
    "CHP": ("N-cyclohexyl-2-pyrrolidone", "1-cyclohexyl-2-pyrrolidone"), "NEP": ("1-ethyl-2-pyrrolidone", "N-ethyl-2-pyrrolidone"), "HMPA": ("hexamethylphosphoramide",), "NMF": ("N-methylformamide",), "DEF": ("N,N-diethylformamide", "diethylformamide", "diethyl formamide"), "Acetic acid": ("glacial acetic acid",), "Formic acid": (), "Terpineol": (), "Ethylene glycol": (), "Trifluoroethanol": ("2,2,2-trifluoroethanol", "TFE"), "Ethoxyethanol": ("2-ethoxyethanol",), "Dioxane": ("1,4-dioxane",), "Tetramethylene sulfoxide": ("TMSO", "tetrahydrothiophene 1-oxide", "THTO"), "Butyl acetate": (), "Sulfolane": (), "Propylene carbonate": (), "TEP": ("triethyl phosphate",), "Dipropyl sulfide": ("di-n-propyl sulfide", "DPS"), "2-butanol": (), "1-pentanol": (), "tert-amyl alcohol": (), "Trifluorotoluene": ("α,α,α-trifluorotoluene", "TFT"), "Octane": ("n-octane",), "Formamide": (),
}  # fmt: skip
# These can dissolve lead or tin halides; the others are antisolvents, carriers of salts or of transport layers.
PEROVSKITE_SOLVENTS = frozenset(
    (
        "DMF", "DMSO", "GBL", "GVL", "NMP", "2-methoxyethanol", "Acetonitrile", "DMAc", "DMI", "DMPU", "THF", "Methylamine", "Acetic acid", "Tetramethylene sulfoxide",
        "Sulfolane", "TEP", "Formamide", "H2O", "Ethanol", "Methanol", "IPA", "Propylene carbonate", "NEP", "HMPA", "NMF", "DEF", "Ethoxyethanol", "Trifluoroethanol",
    )
)  # fmt: skip
# Names that the database's vocabulary lacks, or has in a few records of its last years alone.
RECENT = frozenset(
    name
    for role in ("HTL", "treatment")
    for name in NAMES[role]
    if name not in ("NiO-np", "PEDOT:PSS", "PEDOT", "Poly-TPD", "PolyTPD", "TaTm", "PTB7-Th", "CuPc", "MoOx", "VOx", "TCTA", "KI", "NaCl", "GAI")
) | {"IZO", "ICO", "IOH", "IWO", "IZrO", "BMIMBF4", "BMPBF4", "FAAc", "MDACl2", "PEN"}  # fmt: skip
# What an ink may hold; few records have these names.
ADDITIVES = frozenset(NAMES["additive"])
