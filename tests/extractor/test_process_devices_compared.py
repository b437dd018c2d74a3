"""Devices that one text compares: rows of layers, replaced layers, lists by letter, bare substrates, single junctions.

All sentences are invented.
"""

import pytest

from tests.extractor.test_process_devices import devices, value

HTL, ETL, CONTACT = "HTL_stack_sequence", "ETL_stack_sequence", "Backcontact_stack_sequence"
ADDITIVES = "Perovskite_additives_compounds"
BELOW = "ITO glass was cleaned. 2PACz (1 mM in ethanol) was spin-coated at 3000 rpm and annealed at 100 °C for 10 min. "
ABOVE = (
    "The Cs0.05FA0.95PbI3 perovskite (1.4 M in DMF:DMSO 4:1, with 10 mol% MACl) was spin-coated at 4000 rpm with "
    "chlorobenzene as antisolvent and annealed at 110 °C for 20 min. C60 (25 nm), BCP (6 nm) and Ag (100 nm) were "
    "thermally evaporated. "
)
INVERTED = BELOW + ABOVE


def values(text: str, field: str) -> list[str]:
    """The field's value of each device but the target."""
    return [value(device, field) for device in devices(text)[1:]]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("For comparison, cells with PTAA (2 mg/mL in toluene, 5000 rpm) and with a bilayer of PTAA and 2PACz were made.", ["PTAA", "PTAA | 2PACz"]),
        ("PTAA- and PEDOT:PSS-based devices were fabricated as references in the same way.", ["PTAA", "PEDOT:PSS"]),
        ("2PACz was exchanged for MeO-2PACz and for Me-4PACz in two further batches.", ["MeO-2PACz", "Me-4PACz"]),
        ("Reference devices employed either PTAA or poly-TPD as hole conductor.", ["PTAA", "PolyTPD"]),
        ("As a baseline we use PTAA in the place of the monolayer.", ["PTAA"]),
        ("Some of the cells were made on bare ITO.", ["none"]),
        ("To separate their roles, devices with PTAA only, with NiOx only, and with NiOx/2PACz were made.", ["PTAA", "NiO-c", "NiO-c | 2PACz"]),
        ("Comparative Example 1. A cell was made as in Example 1, except that 2PACz was omitted.", ["none"]),
    ],
)  # fmt: skip
def test_each_hole_conductor_of_a_comparison_is_a_device(told, expected):
    assert values(INVERTED + told, HTL) == expected
    assert value(devices(INVERTED + told)[0], HTL) == "2PACz"


@pytest.mark.parametrize(
    ("told", "field", "expected"),
    [
        ("In one batch BCP was replaced with PEIE (0.1 wt% in isopropanol, spin-coated).", ETL, "C60 | PEIE"),
        ("For another batch, PCBM was spin-coated at 2000 rpm rather than evaporating C60.", ETL, "PCBM-60 | BCP"),
        ("Cheaper cells with 100 nm of copper in lieu of silver were tested also.", CONTACT, "Cu"),
        ("In a control experiment MACl was omitted.", ADDITIVES, ""),
        ("A second kind of control was made with PEASCN instead of MACl.", ADDITIVES, "PEASCN"),
    ],
)  # fmt: skip
def test_what_gives_way_is_the_layer_or_the_salt_that_is_named(told, field, expected):
    assert values(INVERTED + told, field) == [expected]


def test_two_controls_of_one_sentence_are_two_devices():
    told = "Two types of control were prepared: one without MACl, and one with MAPbI3 in place of Cs0.05FA0.95PbI3."
    assert values(INVERTED + told, "Perovskite_composition_short_form") == ["CsFAPbI", "MAPbI"]
    assert values(INVERTED + told, ADDITIVES)[0] == ""


def test_pristine_oxide_is_the_oxide_without_its_dopant():
    regular = (
        "FTO glass was cleaned. The SnO2 colloid of the champion cells contained KCl (10 mM); the pristine SnO2 was used "
        "as control. It was spin-coated at 4000 rpm. The MAPbI3 perovskite in DMF was spin-coated and annealed at 100 °C "
        "for 10 min. Spiro-OMeTAD was spin-coated. Gold (80 nm) was evaporated. "
    )
    assert value(devices(regular)[0], "ETL_additives_compounds") == "KCl"
    assert values(regular, ETL) == ["SnO2-np"]
    assert values(regular, "ETL_additives_compounds") == ["Undoped"]


def test_the_best_of_lettered_devices_is_the_target():
    told = (
        "We made three types of cells. Device A: ITO/PTAA/perovskite/C60/BCP/Ag. Device B: as A with 2PACz. Device C had "
        "2PACz and MACl in the ink and gave the best efficiency. "
    )
    names = [device.name for device in devices(told + INVERTED)[1:]]
    assert names == ["Device A", "Device B"]


def test_small_cells_beside_modules_have_their_own_contact():
    module = (
        "Perovskite solar modules. FTO glass was scribed (P1). NiO was sputtered (20 nm). The MAPbI3 ink in DMF was slot-die "
        "coated and annealed at 100 °C for 10 min. C60 (25 nm) and BCP were evaporated; P2 was scribed. Copper (100 nm) was "
        "evaporated and P3 scribed; the cells are connected in series. The aperture area was 57.5 cm2. "
        "Small-area cells (0.16 cm2) were cut from the same coatings and got 100 nm of Ag. "
    )
    target, cell = devices(module)
    assert (value(target, "Module"), value(target, CONTACT)) == ("TRUE", "Cu")
    assert (value(cell, "Module"), value(cell, CONTACT)) == ("FALSE", "Ag")


def test_modules_told_behind_a_whole_cell_are_not_the_target():
    told = "Mini-modules (six subcells in series, 12.25 cm2) were made with the same layers. "
    target, module = devices(INVERTED + told)
    assert value(target, "Module") == "FALSE"
    assert value(module, "Module") == "TRUE"


def test_single_junction_cells_beside_a_tandem_stand_on_glass():
    tandem = (
        "Perovskite/silicon tandem cells. The silicon bottom cells carried 20 nm of sputtered ITO as recombination layer. "
        + BELOW.removeprefix("ITO glass was cleaned. ")
        + "The Cs0.2FA0.8PbI3 perovskite in DMF was spin-coated and annealed at 100 °C for 15 min. C60 (18 nm) was evaporated, "
        "then 20 nm of SnO2 by ALD. IZO (70 nm) was sputtered, and a silver grid was evaporated. "
        "Single-junction semitransparent cells were made in the same way on ITO glass. "
    )
    target, single = devices(tandem)
    assert value(target, "Substrate_stack_sequence") == "Si | ITO"
    assert value(single, "Substrate_stack_sequence") == "SLG | ITO"


def test_a_tandem_of_two_perovskites_has_the_contact_that_closes_it():
    tandem = (
        "All-perovskite tandem cells. "
        + BELOW
        + "The wide-bandgap perovskite FA0.8Cs0.2Pb(I0.62Br0.38)3 in DMF was spun at "
        "4000 rpm and annealed at 100 °C for 15 min. 20 nm C60 were evaporated; 25 nm SnO2 by ALD at 100 °C; 1 nm Au. "
        "PEDOT:PSS was spin-coated and dried at 100 °C for 20 min. The narrow-bandgap perovskite FA0.7MA0.3Pb0.5Sn0.5I3 in DMF "
        "was spun at 4000 rpm and annealed at 100 °C for 10 min. C60 (20 nm), BCP (7 nm) and Cu (150 nm) were evaporated. "
    )
    [target] = devices(tandem)
    assert value(target, CONTACT) == "Cu"
    assert value(target, ETL) == "C60 | SnO2-c"


@pytest.mark.parametrize(
    "told",
    [
        "For comparison of the colloids, light scattering was measured with inks in DMF alone. ",
        "The modules were laminated with polyisobutylene as well. ",
        "Two kinds of tests were made with the devices without a cover. ",
    ],
)
def test_no_device_where_something_else_is_compared(told):
    assert len(devices(INVERTED + told)) == 1


def test_layers_of_some_devices_are_not_the_targets():
    told = "Some devices got PEIE by spin-coating in the place of BCP. "
    text = (
        INVERTED.replace("and Ag (100 nm) were", "were") + told + "Silver (100 nm) was evaporated. "
    )
    assert value(devices(text)[0], ETL) == "C60 | BCP"
    assert values(text, ETL) == ["C60 | PEIE"]


def test_rigid_references_of_flexible_cells():
    flexible = INVERTED.replace(
        "ITO glass was", "The flexible cells stand on PEN/ITO foil, which was"
    )
    told = "Rigid references on glass/ITO were produced simultaneously. "
    assert values(flexible + told, "Substrate_stack_sequence") == ["SLG | ITO"]


def test_control_and_target_share_a_list():
    told = (
        "ITO glass was cleaned. Control and target devices had PTAA (2 mg/mL in toluene) and Me-4PACz (0.5 mg/mL in "
        "ethanol), respectively, spin-coated at 4000 rpm and annealed at 100 °C for 10 min. "
    )
    assert value(devices(told + ABOVE)[0], HTL) == "Me-4PACz"
    assert values(told + ABOVE, HTL) == ["PTAA"]


@pytest.mark.parametrize(
    "told",
    [
        "In Figure S9 only, the 2PACz of the target devices is replaced by PTAA, spin-coated from toluene at 5000 rpm.",
        "Cells with PTAA (2 mg/mL in toluene, 5000 rpm) were made for the sake of comparison and are shown in Fig. S12 only.",
        "We also tested PTAA (2 mg/mL in toluene, spin-coated at 5000 rpm) instead of 2PACz.",
    ],
)
def test_a_layer_of_a_single_figure_is_another_device_s(told):
    assert value(devices(INVERTED + told)[0], HTL) == "2PACz"
    assert values(INVERTED + told, HTL) == ["PTAA"]


def test_opaque_controls_have_their_own_buffer_and_contact():
    told = (
        BELOW
        + "MAPbI3 was spin-coated from DMF:DMSO. Semitransparent cells: C60 (20 nm) was evaporated, and 20 nm of SnO2 "
        "was grown by ALD at 90 °C. 150 nm of IZO was sputtered. Opaque controls received 100 nm of evaporated Ag on BCP "
        "(6 nm) in place of SnO2 and IZO."
    )
    assert values(told, CONTACT) == ["Ag"]
    assert values(told, ETL) == ["C60 | BCP"]


@pytest.mark.parametrize(
    ("told", "field", "expected"),
    [
        ("Target and control modules of six sub-cells with an aperture area of 25 cm2 were made likewise.", "Module", ["", "TRUE", "TRUE"]),
        ("Target and control modules of six sub-cells with an aperture area of 25 cm2 were made likewise.", ADDITIVES, ["", "biuret", ""]),
    ],
)  # fmt: skip
def test_modules_of_both_inks_are_two_devices(told, field, expected):
    text = (
        BELOW
        + "The Cs0.05FA0.95PbI3 ink in DMF:DMSO was blade-coated and annealed at 120 °C for 20 min. For target devices "
        "1 mg/mL of biuret was added to the ink; control devices were made without biuret. C60, BCP and Ag were evaporated. "
    )
    own = values(text + told, field)
    assert [v if v != "FALSE" else "" for v in own] == expected


def test_a_hole_conductor_beside_cells_that_have_none():
    told = (
        "FTO glass was cleaned. Compact TiO2 was sprayed at 450 °C. MAPbI3 was spin-coated from DMF and annealed at 100 °C "
        "for 10 min. Carbon paste was blade-coated; there is no hole conductor. A second type of device, with spin-coated "
        "Spiro-OMeTAD (Li-TFSI, tBP) and evaporated gold instead of carbon, served for comparison."
    )
    assert value(devices(told)[0], HTL) == "none"
    assert values(told, HTL) == ["Spiro-MeOTAD"]
    assert values(told, CONTACT) == ["Au"]


def test_a_control_that_lacks_what_the_target_clause_adds():
    told = (
        BELOW
        + "The MAPbI3 precursor in DMF:DMSO was stirred. TFBAO was the additive in target films; control films were "
        "free of it. The ink was spin-coated at 4000 rpm and annealed at 100 °C for 10 min. C60, BCP and Ag were evaporated."
    )
    assert values(told, ADDITIVES) == [""]


def test_all_layers_that_give_way_together_leave_the_stack():
    text = (
        "SnO2 was spin-coated on ITO glass at 3100 rpm. MAPbI3 was spin-coated and annealed at 102 °C for 9 min. "
        "CuSCN in diethyl sulfide was spin-coated at 4800 rpm. Graphene oxide (rGO) was spin-coated on the CuSCN. "
        "Gold was evaporated. For the reference cells, replace CuSCN and rGO by spiro-OMeTAD (62 mM, 3900 rpm)."
    )
    assert values(text, HTL) == ["Spiro-MeOTAD"]
