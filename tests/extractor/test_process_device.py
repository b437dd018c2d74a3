"""Cells read by rules as a whole: layers, order, methods, contacts (issue 14, points 1 to 6)."""

import pytest

from masterkey.extractor.fields import (
    ARCHITECTURE,
    LONG_FORM,
    PROCEDURE,
    SOLVENTS,
    TEMPERATURE,
    TIME,
)
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.rows.clean_text import clean

SUBSTRATE, ETL, HTL, CONTACT = (
    f"{part}_stack_sequence" for part in ("Substrate", "ETL", "HTL", "Backcontact")
)
ETL_METHOD, HTL_METHOD, CONTACT_METHOD = (
    f"{part}_deposition_procedure" for part in ("ETL", "HTL", "Backcontact")
)
INK = "An ink of PbI2 and FAI in DMF was spin-coated at 4000 rpm; the film was annealed at 150 °C for 10 min."


def read(text: str) -> dict[str, str]:
    return {field: found.value for field, found in read_device(Document(clean(text).text)).items()}


def of(text: str, *fields: str) -> list[str | None]:
    found = read(text)
    return [found.get(field) for field in fields]


INVERTED = (
    f"ITO glass was washed. 2PACz in ethanol was spin-coated on it. {INK} "
    "C60 (20 nm) and BCP (7 nm) were evaporated, and 100 nm of silver was evaporated."
)
REGULAR = (
    f"FTO glass was washed. SnO2 was deposited on it by chemical bath deposition. {INK} "
    "Spiro-OMeTAD was spin-coated, and 80 nm of gold was evaporated."
)


def test_an_inverted_cell():
    assert of(INVERTED, ARCHITECTURE, SUBSTRATE, HTL, ETL, CONTACT) == [
        "pin", "SLG | ITO", "2PACz", "C60 | BCP", "Ag",
    ]  # fmt: skip
    assert of(INVERTED, HTL_METHOD, PROCEDURE, ETL_METHOD, CONTACT_METHOD) == [
        "Spin-coating", "Spin-coating", "Evaporation | Evaporation", "Evaporation",
    ]  # fmt: skip
    assert of(INVERTED, TEMPERATURE, TIME, SOLVENTS) == ["150", "10", "DMF"]


def test_a_regular_cell():
    assert of(REGULAR, ARCHITECTURE, SUBSTRATE, ETL, HTL, CONTACT) == [
        "nip", "SLG | FTO", "SnO2-c", "Spiro-MeOTAD", "Au",
    ]  # fmt: skip
    assert of(REGULAR, ETL_METHOD, HTL_METHOD, CONTACT_METHOD) == [
        "CBD", "Spin-coating", "Evaporation",
    ]  # fmt: skip


def test_two_layers_of_a_hole_contact_keep_their_order():
    text = INVERTED.replace("2PACz in", "NiOx was sputtered on it, and MeO-2PACz in")
    assert of(text, HTL, HTL_METHOD) == ["NiO-c | MeO-2PACz", "Sputtering | Spin-coating"]


def test_a_layer_by_another_method_than_the_one_below_it():
    text = INVERTED.replace(
        "and BCP (7 nm) were evaporated", "was evaporated, SnO2 was grown by ALD"
    )
    assert of(text, ETL, ETL_METHOD) == ["C60 | SnO2-c", "Evaporation | ALD"]


def test_a_name_that_no_list_has():
    text = INVERTED.replace("2PACz in", "A self-assembled monolayer of QX-7PA in")
    assert of(text, ARCHITECTURE, HTL, HTL_METHOD) == ["pin", "QX-7PA", "Spin-coating"]


@pytest.mark.parametrize(
    "treatment",
    [
        "PEAI in isopropanol was spin-coated on the film.",
        "The film was treated with PEAI, spin-coated from isopropanol, and annealed at 100 °C for 5 min.",
        "Then n-octylammonium iodide (OAI) was spin-coated.",
        "For passivation 4-chlorobenzylammonium iodide (ClBzAI) was spin-coated.",
    ],
)
def test_a_treatment_is_no_step_of_the_perovskite_and_no_layer(treatment):
    text = REGULAR.replace(" Spiro-OMeTAD", f" {treatment} Spiro-OMeTAD")
    assert of(text, PROCEDURE, TEMPERATURE, TIME, HTL) == [
        "Spin-coating", "150", "10", "Spiro-MeOTAD",
    ]  # fmt: skip
    assert of(text, SOLVENTS) == ["DMF"]


@pytest.mark.parametrize(
    ("steps", "procedure"),
    [
        ("PbI2 in DMF was spin-coated. MAI in isopropanol was spin-coated on the PbI2.", "Spin-coating >> Spin-coating"),
        ("PbI2 was evaporated. The film was immersed in a solution of MAI in isopropanol.", "Evaporation >> Dipp-coating"),
        ("PbI2 was slot-die coated. MAI in isopropanol was slot-die coated on it.", "Slot-die coating >> Slot-die coating"),
        ("PbI2 and MAI were co-evaporated.", "Co-evaporation"),
        ("The perovskite ink was blade-coated on it.", "Doctor blading"),
        ("The perovskite ink was spin-coated, and 10 s before the end 200 µl of chlorobenzene was dripped on it.", "Spin-coating"),
        ("The perovskite ink was spin-coated at 1000 rpm for 10 s. It was then spun at 5000 rpm for 30 s.", "Spin-coating"),
    ],
)  # fmt: skip
def test_steps_of_the_perovskite(steps, procedure):
    assert of(REGULAR.replace(INK, steps), PROCEDURE) == [procedure]


def test_two_steps_of_one_sentence_have_a_method_and_an_anneal_each():
    text = REGULAR.replace(
        INK,
        "The perovskite was made in two steps: PbI2 was slot-die coated and dried at 60 °C for 3 min, then the film "
        "was dipped into MAI in isopropanol and annealed at 100 °C for 30 min.",
    )
    assert of(text, PROCEDURE, TEMPERATURE, TIME) == [
        "Slot-die coating >> Dipp-coating", "60 >> 100", "3 >> 30",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        "For comparison, control cells had SnO2 made by ALD and PTAA, which was spin-coated.",
        "Reference cells were made with NiOx, which was sputtered, and a silver electrode, which was evaporated.",
        "PTAA was spin-coated in earlier work.",
    ],
)
def test_what_is_said_of_other_cells_is_left_out(other):
    fields = ETL, ETL_METHOD, HTL, HTL_METHOD, CONTACT
    assert of(f"{REGULAR}\n{other}", *fields) == of(REGULAR, *fields)


@pytest.mark.parametrize(
    ("contact", "stack", "methods"),
    [
        ("IZO was sputtered, and a silver grid was evaporated through a mask.", "IZO | Ag", "Sputtering | Evaporation"),
        ("ITO was sputtered on it.", "ITO", "Sputtering"),
        ("MoO3 (10 nm) and silver (100 nm) were evaporated.", "MoO3 | Ag", "Evaporation | Evaporation"),
        ("A carbon paste was screen-printed on it.", "Carbon", "Screen printing"),
        ("A carbon electrode was blade-coated on it.", "Carbon", "Doctor blading"),
        ("Cr (3 nm) and Au (80 nm) were evaporated.", "Cr | Au", "Evaporation | Evaporation"),
        ("IZO was sputtered, a silver grid was evaporated, and 100 nm of MgF2 was evaporated at last.", "IZO | Ag | MgF2", "Sputtering | Evaporation | Evaporation"),
    ],
)  # fmt: skip
def test_back_contacts_with_grids_and_coatings(contact, stack, methods):
    text = REGULAR.replace(", and 80 nm of gold was evaporated.", f". {contact}")
    assert of(text, HTL, CONTACT, CONTACT_METHOD) == ["Spiro-MeOTAD", stack, methods]


@pytest.mark.parametrize(
    "contact",
    [
        "The device was completed by thermal evaporation of 100 nm Au.",
        "The devices were finished with a gold electrode (80 nm) by evaporation.",
        "Finally, Au was evaporated through a shadow mask at 1 Å/s.",
    ],
)
def test_wordings_of_the_last_step(contact):
    text = REGULAR.replace(", and 80 nm of gold was evaporated.", f". {contact}")
    assert of(text, HTL, CONTACT, CONTACT_METHOD) == ["Spiro-MeOTAD", "Au", "Evaporation"]


@pytest.mark.parametrize(
    ("layers", "stack", "methods"),
    [
        ("PEDOT:PSS was spin-coated and baked at 140 °C for 15 min.", "PEDOT:PSS", "Spin-coating"),
        ("4PADCB was slot-die coated.", "4PADCB", "Slot-die coating"),
        ("The monolayer of MeO-2PACz was formed by immersing the ITO in its solution for 1 h.", "MeO-2PACz", "Dipp-coating"),
        ("MoO3 and TaTm were evaporated.", "MoO3 | TaTm", "Evaporation | Evaporation"),
        ("NiOx nanoparticles were spin-coated. Me-4PACz was spin-coated and heated at 100 °C for 10 min.", "NiO-np | Me-4PACz", "Spin-coating | Spin-coating"),
        ("A layer of KTV-12, a new triarylamine used as hole transport material, was blade-coated.", "KTV-12", "Doctor blading"),
    ],
)  # fmt: skip
def test_hole_contacts_below_the_perovskite(layers, stack, methods):
    text = INVERTED.replace("2PACz in ethanol was spin-coated on it.", layers)
    assert of(text, ARCHITECTURE, HTL, HTL_METHOD) == ["pin", stack, methods]
    assert of(text, TEMPERATURE, TIME) == ["150", "10"]


@pytest.mark.parametrize(
    ("layers", "stack", "methods"),
    [
        ("LiF (1 nm), C60 (20 nm), BCP (6 nm) and silver (100 nm) were evaporated in sequence.", "LiF | C60 | BCP", ["Evaporation"] * 3),
        ("PCBM in chlorobenzene and then BCP in methanol were spin-coated. Silver was evaporated.", "PCBM-60 | BCP", ["Spin-coating"] * 2),
        ("C60 was evaporated. A 20 nm film of SnO2 was grown by atomic layer deposition. Ag was evaporated.", "C60 | SnO2-c", ["Evaporation", "ALD"]),
    ],
)  # fmt: skip
def test_electron_contacts_on_the_perovskite(layers, stack, methods):
    text = INVERTED[: INVERTED.index("C60 (20 nm)")] + layers
    assert of(text, ETL, ETL_METHOD, CONTACT) == [stack, " | ".join(methods), "Ag"]


def test_a_metal_is_not_spun():
    text = REGULAR.replace("and 80 nm of gold was evaporated", "then gold")
    assert of(text, CONTACT, CONTACT_METHOD) == ["Au", "Evaporation"]


def test_carbon_that_the_perovskite_is_filled_into_and_no_hole_conductor():
    text = (
        "FTO glass was washed. Compact TiO2 was deposited by spray pyrolysis. Mesoporous TiO2 and ZrO2 were "
        "screen-printed on it, then carbon was screen-printed. The perovskite ink was dropped on the carbon "
        "and infiltrated the pores. No hole transport layer was used."
    )
    assert of(text, ARCHITECTURE, ETL, HTL, CONTACT, CONTACT_METHOD) == [
        "nip", "TiO2-c | TiO2-mp | ZrO2-mp", "none", "Carbon", "Screen printing",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("substrate", "stack"),
    [
        ("FTO glass was washed.", "SLG | FTO"),
        ("Glass coated with fluorine-doped tin oxide was washed.", "SLG | FTO"),
        ("PEN/ITO foil was washed.", "PEN | ITO"),
        ("ITO-coated PET foil was washed.", "PET | ITO"),
    ],
)
def test_substrates_of_glass_and_foil(substrate, stack):
    assert of(REGULAR.replace("FTO glass was washed.", substrate), SUBSTRATE) == [stack]


def test_the_top_electrode_is_not_the_substrate():
    text = REGULAR.replace(
        "and 80 nm of gold was evaporated", "and ITO was sputtered as top electrode"
    )
    assert of(text, SUBSTRATE, CONTACT) == ["SLG | FTO", "ITO"]


def test_a_cell_on_silicon():
    text = (
        "Tandem cells\nThe silicon bottom cell carried a recombination layer of ITO, on which Me-4PACz was "
        f"spin-coated. {INK} C60 was evaporated, SnO2 was grown by ALD, IZO was sputtered, and a silver "
        "grid was evaporated. The tandem cells were kept in nitrogen."
    )
    assert of(text, SUBSTRATE, HTL, ETL, CONTACT) == [
        "Si | ITO", "Me-4PACz", "C60 | SnO2-c", "IZO | Ag",
    ]  # fmt: skip


def test_layers_told_behind_the_perovskite_are_put_below_it():
    text = (
        f"Perovskite films\n{INK}\nOther layers\nPTAA was spin-coated on the ITO glass beforehand. "
        "C60 and BCP were evaporated on the perovskite, then silver was evaporated."
    )
    assert of(text, ARCHITECTURE, HTL, ETL, CONTACT) == ["pin", "PTAA", "C60 | BCP", "Ag"]


def test_of_two_oxide_films_the_compact_and_the_mesoporous_are_two_layers():
    text = REGULAR.replace(
        "SnO2 was deposited on it by chemical bath deposition.",
        "Compact TiO2 was deposited by spray pyrolysis. A mesoporous TiO2 paste was spin-coated on it.",
    )
    assert of(text, ETL, ETL_METHOD) == ["TiO2-c | TiO2-mp", "Spray-pyrolys | Spin-coating"]


def test_the_written_form_of_a_composition_is_read():
    text = REGULAR.replace("An ink of PbI2 and FAI", "An ink of FA0.9Cs0.1PbI3")
    assert of(text, LONG_FORM) == ["Cs0.1FA0.9PbI3"]


def test_markup_of_pdf_tools_and_plain_text_read_alike():
    latex = (
        REGULAR.replace("SnO2", r"$\mathrm{SnO_2}$")
        .replace("150 °C", r"$1 5 0 ~ ^ { \circ } \mathrm { C }$")
        .replace("PbI2", "PbI<sub>2</sub>")
    )
    assert read(latex) == read(REGULAR)


def test_what_the_text_does_not_say_is_left_out():
    assert read("The weather was fine, and the students were on time.") == {}
    assert "Cell_area_measured" not in read(REGULAR)
    assert not [field for field in read(REGULAR) if field.startswith("Stability_")]
    assert ETL not in read(f"ITO glass was washed. PTAA was spin-coated. {INK}")


@pytest.mark.parametrize("text", [INVERTED, REGULAR])
def test_a_finding_says_where_it_was_read_and_how_sure_it_is(text):
    found = read_device(Document(text))
    for field, finding in found.items():
        assert finding.source in ("text", "deduced"), field
        assert 0 < finding.certainty <= 1
        assert all(0 <= start < end <= len(text) for start, end in finding.spans)
    assert found[ARCHITECTURE].source == "deduced"
    for field, words in ((TEMPERATURE, "150 °C"), (CONTACT, "evaporated"), (SUBSTRATE, "TO")):
        assert any(words in text[start:end] for start, end in found[field].spans), field


def test_the_kind_of_cell_that_the_paper_is_on_is_its_architecture():
    text = f"{INVERTED} {REGULAR} The {{}} cells are the subject of this study, p-i-n and n-i-p cells having been made."
    assert read(text.format("n-i-p"))[ARCHITECTURE] == "nip"
    assert read(text.format("p-i-n"))[ARCHITECTURE] == "pin"


def test_an_architecture_is_doubted_where_both_are_told():
    sure = read_device(Document(INVERTED))[ARCHITECTURE]
    doubted = read_device(Document(f"{INVERTED} Inverted cells and n-i-p cells were compared."))
    assert doubted[ARCHITECTURE].certainty < sure.certainty


def test_a_semitransparent_target_told_behind_opaque_cells_has_its_own_contact():
    text = (
        f"{INVERTED} For semitransparent cells, which are the topic of this work, 9 nm of MoO3 was evaporated, 100 nm of IZO was "
        "sputtered, and a gold frame was evaporated."
    )
    assert of(text, CONTACT, CONTACT_METHOD) == [
        "MoO3 | IZO | Au",
        "Evaporation | Sputtering | Evaporation",
    ]
    assert of(INVERTED, CONTACT) == ["Ag"]


def test_a_foil_named_beside_glass_is_not_its_support():
    text = f"Rigid cells stand on FTO glass, flexible ones on PEN foil. {INK}"
    assert of(text, SUBSTRATE) == ["SLG | FTO"]
