"""What is in inks and layers, told in words that no list has: additives, dopants, stocks, stacks; all sentences are invented."""

import pytest

from tests.extractor.test_process_wordings import ABOVE, ADDITIVES, BELOW, PEROVSKITE, read

HTL, ETL = "HTL_stack_sequence", "ETL_stack_sequence"
HTL_ADDITIVES, ETL_ADDITIVES = "HTL_additives_compounds", "ETL_additives_compounds"
INK = "The ink held 1.2 M of FAI and PbI2 in DMF and DMSO (4:1). "
SPUN = "It was spin-coated at 4000 rpm and annealed at 120 °C for 20 min."


@pytest.mark.parametrize(
    ("sentences", "additives"),
    [
        pytest.param("FBTz was dissolved in the ink of target cells at 2 mol%. ", "FBTz", id="a share behind the verb"),
        pytest.param("It was stirred, filtered and given 0.2% of GLX-2. ", "GLX-2", id="a plain share that the ink is given"),
        pytest.param(
            "It was spun at 4000 rpm. A nitrogen knife dried the film. Annealing took 20 min at 120 °C. A trace of phenethylammonium"
            " chloride (PEACl, 0.8 mol%) was in the ink. ", "PEACl", id="said of the ink later on",
        ),
        pytest.param("Thiourea is added to the said solution at 3 mg/mL. ", "thiourea", id="in the present tense"),
        pytest.param("For targets, ammonium chloride was dissolved in this solution at 5 mg/mL. ", "NH4Cl", id="dissolved in this solution"),
        pytest.param("CF3-PACl (0.4 mol%) was added. ", "CF3-PACl", id="a group before a salt's name"),
        pytest.param("Urea (2 mg mL-1) was added. ", "urea", id="no L-1 of a unit"),
        pytest.param("Urea was added to the ink at 2 mg/mL. Films spun from PbCl2 and MAI were examined by XRD alone. ", "urea", id="films that are only looked at"),
    ],
)  # fmt: skip
def test_additives_of_the_ink(sentences, additives):
    assert read(BELOW + INK + sentences + SPUN + ABOVE)[ADDITIVES].lower() == additives.lower()


def test_an_additive_weighed_in_beside_the_salts():
    ink = "PbI2 461 mg, formamidinium iodide 172 mg and polyethylene glycol (PEG, Mw 10,000) 1.5 mg were put in 1 mL of DMF. "
    assert read(BELOW + ink + SPUN + ABOVE)[ADDITIVES] == "PEG"


def test_a_salt_that_is_called_a_dopant():
    ink = "The CsPbI2Br precursor in DMSO was stirred. SrCl2 was introduced as dopant of the ink, so that it replaced 2% of the lead. "
    assert read(BELOW + ink + SPUN + ABOVE)[ADDITIVES] == "SrCl2"


def test_a_share_of_a_chloride_perovskite_keeps_its_name():
    ink = "FA0.8Cs0.2PbI3 with 4 mol% MAPbCl3 (as MACl and PbCl2) was dissolved in DMF and DMSO. "
    assert read(BELOW + ink + SPUN + ABOVE)[ADDITIVES] == "MAPbCl3"


@pytest.mark.parametrize(
    ("sentence", "additives"),
    [
        pytest.param("The SnO2 dispersion was diluted, brought to 8 mM KCl and spin-coated at 3000 rpm.", "KCl", id="a salt by its concentration"),
        pytest.param("SnO2 was spin-coated. HpNa was dissolved in water and mixed with the SnO2 colloid beforehand.", "HpNa", id="mixed with the colloid"),
        pytest.param("An SnO2 dispersion containing 1 mM of NaPF6 was spin-coated at 3000 rpm.", "NaPF6", id="the dispersion that holds it"),
        pytest.param("The SnO2 ink, which contained 0.2 mg/mL of GlcK, was spin-coated at 3000 rpm.", "GlcK", id="the ink contained"),
    ],
)  # fmt: skip
def test_additives_of_an_oxide_ink(sentence, additives):
    text = "ITO glass was cleaned. " + sentence + PEROVSKITE + ABOVE
    assert read(text)[ETL_ADDITIVES] == additives


def test_dopants_of_a_hole_conductor_by_their_amounts():
    layer = " Spiro-OMeTAD (60 mg/mL in chlorobenzene) containing 12 mol% ABX-7 and 15 mol% TBX-TFSI was spin-coated. Gold was evaporated."
    assert read(BELOW + PEROVSKITE + layer)[HTL_ADDITIVES] == "ABX-7; TBX-TFSI"


def test_a_dopant_behind_a_concentration():
    layer = " P3HT was dissolved in chlorobenzene at 10 mg mL-1, doped with 0.5 mg mL-1 In(acac)3, and spin-coated. Gold was evaporated."
    assert read(BELOW + PEROVSKITE + layer)[HTL_ADDITIVES] == "In(acac)3"


def test_the_element_of_a_salt_is_no_second_dopant():
    below = (
        "FTO glass was cleaned. Compact TiO2 was deposited by spray pyrolysis. Mesoporous TiO2 was spin-coated and sintered at 450 °C."
        " The mesoporous TiO2 was doped with lithium: Li-TFSI in acetonitrile was spun on it and sintered at 450 °C."
    )
    assert read(below + PEROVSKITE + ABOVE)[ETL_ADDITIVES] == "Unknown | Li-TFSI"


def test_what_dopes_a_layer_is_no_layer():
    text = (
        "ITO glass was cleaned. 10 nm of TaTm were sublimed. MAPbI3 was made by co-evaporation of MAI and PbI2."
        " 10 nm of pure C60 and 30 nm of C60 doped with PhIm were sublimed. Ag was evaporated."
    )
    assert read(text)[ETL] == "C60"


def test_layers_told_at_large_are_no_stack():
    text = (
        "ITO glass was cleaned. Doped layers, that is, TaTm:F6-TCNNQ and C60:PhIm, were sublimed at 0.8 Å/s. 30 nm of TaTm:F6-TCNNQ and"
        " 10 nm of TaTm were sublimed. MAPbI3 was made by co-evaporation of MAI and PbI2. 10 nm of C60 and 30 nm of C60:PhIm were sublimed."
        " Ag was evaporated."
    )
    found = read(text)
    assert (found[HTL], found[ETL]) == ("TaTm:F6-TCNNQ | TaTm", "C60 | C60:PhIm")


def test_salts_of_an_oxide_are_no_metals_and_the_heading_names_it():
    text = (
        "Nickel oxide doped with copper. Ni(NO3)2·6H2O and Cu(NO3)2·3H2O in 2-methoxyethanol underwent solution combustion on ITO glass at 250 °C."
        + PEROVSKITE
        + " PC61BM was spin-coated. Ag was evaporated."
    )
    assert read(text)[HTL] == "NiO-c"


def test_a_numbered_name_is_another_one_and_it_points_back():
    layer = " BTPA-8 was synthesised as reported. It was dissolved in chlorobenzene and spin-coated. Gold was evaporated."
    assert read(BELOW + PEROVSKITE + layer)[HTL] == "BTPA-8"


SAMS = "ITO glass was cleaned. NiOx nanoparticles in water were spin-coated and annealed at 120 °C for 10 min. "
TOP = PEROVSKITE + " C60 (20 nm) and BCP (6 nm) were evaporated. Ag (100 nm) was evaporated."


@pytest.mark.parametrize(
    ("sentence", "layer"),
    [
        pytest.param("2PACz and Me-4PACz were mixed 1:4 by weight in ethanol and spin-coated.", "2PACz; Me-4PACz", id="mixed behind the names"),
        pytest.param("2PACz (0.3 mM) and Me-4PACz (0.7 mM) were combined in ethanol and spin-coated.", "2PACz; Me-4PACz", id="mixed with amounts"),
        pytest.param("2PACz was co-adsorbed with PFBX (4:1) from ethanol by spin-coating.", "2PACz; PFBX", id="a co-adsorbate that no list has"),
        pytest.param("2PACz (0.5 mg/mL) was spin-coated together with a co-adsorbent, 4-TBX.", "2PACz; 4-TBX", id="a co-adsorbent"),
        pytest.param("The monolayer (2PACz:MeO-2PACz, 1:3) was spin-coated from ethanol.", "2PACz; MeO-2PACz", id="mixed with a colon"),
        pytest.param("2PACz (1 mM in ethanol) and 4PADCB (1 mM in ethanol) were spin-coated at 3000 rpm.", "2PACz", id="compared"),
        pytest.param(
            "For control devices, 2PACz (1 mM in ethanol) was spin-coated. For target devices, 2PACz and Br-4PACz were blended beforehand at 3:1,"
            " and nothing else was changed.", "2PACz; Br-4PACz", id="told of the target without a method",
        ),
    ],
)  # fmt: skip
def test_two_monolayers_are_one_layer_or_two_cells(sentence, layer):
    assert read(SAMS + sentence + TOP)[HTL] == f"NiO-np | {layer}"


def test_zinc_oxide_of_a_salt_is_compact_though_it_is_called_a_sol():
    text = (
        "ITO glass was cleaned. A sol of zinc acetate (0.3 M) and ethanolamine in 2-methoxyethanol was spin-coated and annealed at 200 °C, which"
        " gave ZnO."
    )
    assert read(text + PEROVSKITE + ABOVE)[ETL] == "ZnO-c"


COATED = " It was spin-coated at 4000 rpm and annealed at 110 °C for 20 min."


@pytest.mark.parametrize(
    ("stocks", "form"),
    [
        pytest.param(
            "Stock A was a 1.5 M solution of FASnI3: FAI and SnI2 in equal moles, with SnF2 (10 mol% of the tin), in DMF and DMSO (4:1). Stock B was"
            " a 1.5 M solution of MAPbI3: MAI and PbI2 in equal moles in the same solvents. Stocks A and B were mixed 7:3 by volume.",
            "FA0.7MA0.3Pb0.3Sn0.7I3", id="called by their perovskites",
        ),
        pytest.param(
            "Three stock solutions of 1.2 M were made in DMF:DMSO (4:1): FAPbI3 (FAI and PbI2), MAPbBr3 (MABr and PbBr2) and CsPbI3 (CsI and PbI2)."
            " They were mixed on the day of use, with 85 parts by volume of the first, 10 of the second and 5 of the third.",
            "Cs0.05FA0.85MA0.1PbBr0.3I2.7", id="parts of each told in short",
        ),
        pytest.param(
            "Two stocks, each of 1.4 M, were kept in the glovebox. Stock A, FAPbI3: PbI2 and FAI in DMF/DMSO (4:1 v/v). Stock B, MAPbBr3: PbBr2 and"
            " MABr in the same solvents. For the perovskite, 900 µL of A and 100 µL of B were mixed; for the control, 950 µL of A and 50 µL of B.",
            "FA0.9MA0.1PbBr0.3I2.7", id="a mixture for the control in a clause of its own",
        ),
    ],
)  # fmt: skip
def test_stocks_named_by_their_perovskites(stocks, form):
    assert read(BELOW + stocks + COATED + ABOVE)["Perovskite_composition_long_form"] == form


def test_cells_that_contain_no_hole_conductor():
    text = (
        BELOW
        + PEROVSKITE
        + " Neither kind of cells contains a hole conductor. Carbon paste was doctor-bladed on the perovskite."
    )
    assert read(text)[HTL] == "none"


WIDE = (
    "Wide-bandgap single-junction cells\nNiO nanocrystals in water were spin-coated on ITO glass. The FA0.8Cs0.2Pb(I0.6Br0.4)3 ink in DMF and DMSO was"
    " spin-coated and annealed at 100 °C for 15 min. C60 was evaporated and SnO2 was grown by atomic layer deposition. 100 nm of Cu was evaporated.\n\n"
)
NARROW = (
    "Narrow-bandgap single-junction cells\nThe Cs0.1FA0.6MA0.3Pb0.5Sn0.5I3 ink in DMF and DMSO held SnF2.{roles} PEDOT:PSS was spin-coated on ITO glass."
    " The ink was spin-coated and annealed at 100 °C for 10 min. C60, BCP and 100 nm of Cu were evaporated.\n\n"
)
TANDEM = "Tandem cells\nOn the wide-bandgap stack 1 nm of Au was evaporated and PEDOT:PSS was spin-coated. The narrow-bandgap cell followed."


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        pytest.param(WIDE + NARROW.format(roles=" For target inks GlyX was added; control inks had none."), "PEDOT:PSS", id="the gap with target and control"),
        pytest.param(WIDE + NARROW.format(roles=""), "NiO-np", id="the gap told first"),
        pytest.param(NARROW.format(roles="") + WIDE, "PEDOT:PSS", id="the gap told first, the narrow one"),
    ],
)  # fmt: skip
def test_of_two_gaps_beside_a_tandem_one_is_the_papers_own(text, layer):
    found = read("Experimental Section\n\n" + text + TANDEM)
    assert found[HTL] == layer
    assert ("Sn" in found["Perovskite_composition_long_form"]) == (layer == "PEDOT:PSS")


LAYERED = (
    "For the layered perovskite (PDMA)FA3Pb4I13, PDMAI2, FAI and PbI2 were mixed in a molar ratio of 1:3:4 in DMF/DMSO (9:1). "
    "The three-dimensional reference, FAPbI3, had FAI and PbI2 (1:1). "
)


def test_a_layered_perovskite_with_a_spacer_that_no_table_knows():
    behind = " FAPbI3 devices dropped to 60% of 19% in 300 h. Films were kept at 100 °C, save for FAPbI3, which needed more."
    found = read(
        BELOW
        + LAYERED
        + "The precursor was spin-coated at 4000 rpm and annealed at 110 °C for 10 min."
        + ABOVE
        + behind
    )
    assert found["Perovskite_composition_long_form"] == "(PDMA)FA3Pb4I13"


def test_the_organic_salts_are_the_second_step():
    film = (
        " For the first step, 1.4 M PbI2 was dissolved in DMF and DMSO; for the second, FAI and MACl were dissolved in isopropanol. The PbI2 solution was"
        " spin-coated and put on a hotplate at 70 °C for 1 min. The organic salts were spin-coated at 2000 rpm and annealed at 150 °C for 15 min."
    )
    found = read(BELOW + film + ABOVE)
    assert found["Perovskite_deposition_procedure"] == "Spin-coating >> Spin-coating"
    assert found["Perovskite_deposition_thermal_annealing_temperature"] == "70 >> 150"


@pytest.mark.parametrize(
    "place",
    ["on the glass side of the best device", "to the outer face", "on the back of the glass"],
)
def test_a_coating_of_the_glass_is_no_layer_of_the_contact(place):
    text = BELOW + PEROVSKITE + ABOVE + f" MgF2 (100 nm) was evaporated {place}."
    assert read(text)["Backcontact_stack_sequence"] == "Au"


def test_what_grows_at_a_rate_is_evaporated():
    below = "ITO glass was cleaned. MoO3 (5 nm) and TaTm (10 nm) were deposited one after the other at 0.2 and 0.5 Å s−1."
    text = (
        below
        + " MAPbI3 was made by co-evaporation of MAI and PbI2. C60, BCP and Ag were evaporated."
    )
    assert read(text)["HTL_deposition_procedure"] == "Evaporation | Evaporation"


@pytest.mark.parametrize(
    "sentences",
    [
        "Into this ink went a dash of QBT-4, at 2 mg per mL. It was spin-coated at 4000 rpm. The control ink contained no QBT-4. ",
        "With QBT-4 the ink of target cells was completed (1.5 mg/mL). It was spin-coated at 4000 rpm. Reference cells were made from an ink without QBT-4. ",
    ],
)  # fmt: skip
def test_what_the_ink_for_comparison_lacks_is_an_additive(sentences):
    assert read(BELOW + INK + sentences + ABOVE)[ADDITIVES] == "QBT-4"


def test_what_the_ink_of_a_layer_lacks_is_none_of_the_perovskite():
    below = "ITO glass was cleaned. HpNa (0.2 mg/mL) was put into the SnO2 colloid, which was spin-coated. A tin oxide ink without HpNa served for the control. "
    assert ADDITIVES not in read(below + PEROVSKITE + ABOVE)


@pytest.mark.parametrize(
    ("sentence", "additive"),
    [
        pytest.param("2 mg of FBX was stirred into each millilitre of it. ", "FBX", id="a mass before the name"),
        pytest.param("4-fluorobenzamide (4-FBA; 0.6 mol% with respect to lead) went into it as well. ", "4-FBA", id="an abbreviation with its dose"),
        pytest.param("A zwitterion, SB3-16, was present at 0.05 wt%. ", "SB3-16", id="a dose behind the verb"),
        pytest.param("Target ink: as above, plus 0.3 mg/mL oleylamine. ", "oleylamine", id="a name in small letters"),
    ],
)  # fmt: skip
def test_additives_by_a_dose_beside_their_names(sentence, additive):
    assert read(BELOW + INK + sentence + SPUN + ABOVE)[ADDITIVES] == additive


def test_what_treats_the_film_with_a_dose_is_no_additive_of_the_ink():
    text = (
        BELOW
        + INK
        + "It was spin-coated at 4000 rpm. FBX (2 mg/mL in isopropanol) was spin-coated on the film."
        + ABOVE
    )
    assert ADDITIVES not in read(text)
