"""Area, cells per substrate and flags read by rules, on sentences written for these tests (issue 14)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.extractor.process.cell.cell import (
    cell_area,
    cell_findings,
    has_unread_area,
    has_unread_temperature,
)
from masterkey.extractor.process.cell.flags import module_is_target
from masterkey.extractor.process.text.document import Document


def read(text: str, field: str) -> str | None:
    finding = cell_findings(Document(text)).get(field)
    return finding.value if finding else None


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("The active area was 0.1 cm2.", "0.1"),
        ("A mask with an opening of 3 mm × 3 mm was used.", "0.09"),
        ("The device area, 9 mm2, was defined by the overlap of the electrodes.", "0.09"),
        ("The cell area is 0.16 cm2, restricted to 0.105 cm2 by a mask.", "0.105"),
        ("Each substrate has cells of 0.16 cm2; a mask restricted the lit area to 0.105 cm2.", "0.105"),
        ("Gold electrodes of 0.08 cm2 were evaporated.", "0.08"),
        ("A mask with openings of 0.11 cm2 and 1.5 cm2 for the large cells was used.", "0.11"),
        ("For Fig. 5, cells of 1 cm2 were made, with a mask of 1.00 cm2.\nThe mask had 0.12 cm2 for J–V.", "0.12"),
        ("ITO was sputtered on the cell through a mask with openings of 1.2 cm × 1.2 cm. The aperture is 1.00 cm2.", "1"),
        ("Au was evaporated through a shadow mask (0.09 cm2). J–V curves used a metal aperture of 0.0625 cm2.", "0.0625"),
        ("The photodiode had 1 cm2. A shadow mask defined an area of 0.25 cm2.", "0.25"),
        ("Cells had an aperture area of 1.02 cm2 for certification; otherwise a mask of 0.05 cm2 was used.", "0.05"),
        ("A metal mask of 0.098 and 1 cm2 was laid on the devices.", "0.098"),
        ("Cells were measured under a lamp through a mask of 0.12 cm2. Reference cells were measured through a mask of 0.2 cm2.", "0.12"),
        ("Substrates of 2.5 cm × 2.5 cm were cleaned.", None),
        ("FTO glass (1.5 × 1.5 cm2) was etched.", None),
        ("The current was 22 mA cm−2 under 100 mW cm−2.", None),
        ("The electron mobility of the devices was 3.2 cm2 V−1 s−1.", None),
        ("The scanned area was 1 mm2.", None),
        ("The lamp was set with a silicon cell of 4 cm2.", None),
        ("A 0.1 M solution was used.", None),
    ],
)  # fmt: skip
def test_area(text, area):
    assert read(text, "Cell_area_measured") == area


MODULE = (
    "Perovskite modules. P1 lines were cut in the ITO; P2 and P3 followed, so that seven sub-cells are connected in series. "
    "The aperture area of the module is 25 cm2.\n\nFor comparison, cells were made without P2; their area is 0.15 cm2."
)
BOTH = (
    "Solar cells\nThe cells were made on ITO glass. A mask defined an area of 0.08 cm2.\n\nModules\nThe modules comprise eight "
    "sub-cells in series; the aperture area of a module is 18 cm2."
)


def test_area_of_the_module_where_the_module_is_the_target():
    assert read(MODULE, "Module") == "TRUE"
    assert read(MODULE, "Cell_area_measured") == "25"


def test_area_of_the_cell_where_modules_come_besides():
    document = Document(BOTH)
    assert module_is_target(document).value == "FALSE"
    assert read(BOTH, "Cell_area_measured") == "0.08"
    assert cell_area(document, of_module=True).value == "18"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Each substrate comprised four pixels of 0.12 cm2.", "4"),
        ("Six cells, each of 0.09 cm2, are on one substrate.", "6"),
        ("Twelve cells per substrate were made.", "12"),
        ("There are 8 devices per substrate.", "8"),
        ("Cell area 0.1 cm2; pixel number per substrate 4.", "4"),
        ("Number of cells per substrate: 6.", "6"),
        ("Devices (three per substrate) had an aperture of 1.02 cm2.", "3"),
        ("Substrates with 5 pixels were used.", "5"),
        ("Cells on one substrate: 3.", "3"),
        ("Six cells on every substrate, 0.04 cm2 each, were made.", "6"),
        ("ITO plates with eight contact pads were cut.", None),
        ("The cells were made on each of the substrates.", None),
    ],
)
def test_cells_per_substrate(text, number):
    assert read(text, "Cell_number_of_cells_per_substrate") == number


@pytest.mark.parametrize(
    ("text", "flexible"),
    [
        ("ITO-coated PEN was cleaned and SnO2 was spin-coated on it.", "TRUE"),
        ("PET/ITO substrates (50 Ω/sq) were cleaned.", "TRUE"),
        ("Polyimide foil with AZO carried the flexible cells.", "TRUE"),
        ("The cells were laminated with a PET foil. ITO glass was used.", "FALSE"),
        ("Cells were made on glass/FTO; also flexible cells on PEN foil were prepared.", "FALSE"),
        (
            "The PEN/ITO films were cleaned. For comparison, rigid cells were made on ITO glass.",
            "TRUE",
        ),
        ("Rigid devices. FTO glass was cleaned. Flexible devices. PET foil with ITO was used.", "FALSE"),
        ("Rigid cells were built on ITO glass, flexible ones on PEN foil.", "FALSE"),
        ("The cells stand on 100 µm willow glass with ITO, which can be bent.", "TRUE"),
        ("The solutions were stirred.", None),
    ],
)  # fmt: skip
def test_flexible(text, flexible):
    assert read(text, "Cell_flexible") == flexible


@pytest.mark.parametrize(
    ("text", "flag", "window"),
    [
        ("For semitransparent cells, 140 nm IZO was sputtered as top electrode. Reference cells were opaque and had 75 nm of gold. The cells transmit 74% between 800 and 1200 nm.", "TRUE", "800; 1200"),
        ("Opaque cells had 100 nm of silver. For semitransparent cells, 180 nm of ITO was sputtered.", "FALSE", None),
        ("Opaque cells had 100 nm of silver. The semitransparent cells, the topic of this work, had 110 nm of sputtered IZO.", "TRUE", None),
        ("Opaque cells had 100 nm of Cu. Semitransparent cells had 110 nm of sputtered IZO. Semitransparent cells were aged at 55 °C.", "TRUE", None),
        ("Opaque cells had 100 nm of Cu. Target semi-transparent cells had an IZO electrode; opaque cells were not studied.", "TRUE", None),
        ("An electrode of IZO was sputtered. The elements show an average visible transmittance of 21% between 390 and 780 nm.", "TRUE", "390; 780"),
        ("The cells end with 90 nm of silver, which may be replaced by sputtered ITO as rear electrode, for use in a tandem.", "FALSE", None),
        ("Finally 100 nm of Ag was evaporated.", "FALSE", None),
        ("The films were washed.", None, None),
    ],
)  # fmt: skip
def test_semitransparent(text, flag, window):
    assert read(text, "Cell_semitransparent") == flag
    assert read(text, "Cell_semitransparent_wavelength_range") == window


def test_an_opaque_cell_that_is_only_deduced_is_doubted_where_transparent_contacts_are_told():
    plain = cell_findings(Document("Then 90 nm of gold was evaporated."))
    told = cell_findings(
        Document("Then 90 nm of gold was evaporated. A transparent top contact was tried.")
    )
    flag = "Cell_semitransparent"
    assert told[flag].value == plain[flag].value == "FALSE"
    assert told[flag].certainty < plain[flag].certainty


def test_deduced_is_marked():
    found = cell_findings(Document("FTO glass was etched. Then 90 nm of gold was evaporated."))
    assert found["Cell_flexible"].source == "deduced"
    assert found["Cell_semitransparent"].source == "deduced"
    assert "Module" not in found


def test_signs_that_could_not_be_read():
    assert has_unread_area(Document("The cell was 3 mm wide and its area 0.1 square cm."))
    assert not has_unread_area(Document("The active area of the cell was 0.1 cm2."))
    assert has_unread_temperature(Document("It was annealed at hundred °C."))
    assert not has_unread_temperature(Document("It was annealed at 100 °C."))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('The cells had an active area of 1 cm2, defined by a mask (10 mm × 10 mm). Reference cells on the same wafer had 0.09 cm2.', {'area_measured': '1'}),
        ('The semitransparent cells with an aperture area of 1.00 cm2 were compared with opaque small cells of 0.16 cm2.', {'area_measured': '1'}),
        ('A mask with an opening of 3.3 mm by 3.3 mm defined the area.', {'area_measured': '0.109'}),
        ('The illuminated spot was a circle of 3 mm in diameter cut into a blackened mask.', {'area_measured': '0.0707'}),
        ('The overlap of the ITO and gold stripes gave 9 mm2 devices.', {'area_measured': '0.09'}),
        ('The light was limited by a 0.25 cm × 0.40 cm slit.', {'area_measured': '0.1'}),
        ('Every substrate carried eight cells of 0.06 cm2.', {'number_of_cells_per_substrate': '8', 'area_measured': '0.06'}),
        ('Gold was evaporated through a mask with six openings of 0.10 cm2 per substrate.', {'number_of_cells_per_substrate': '6', 'area_measured': '0.1'}),
        ('Six cells of 0.1 cm2 were obtained on each substrate.', {'number_of_cells_per_substrate': '6'}),
        ('A substrate holds 2 × 3 pixels.', {'number_of_cells_per_substrate': '6'}),
        ('Cells were counted. Each glass had three of them.', {'number_of_cells_per_substrate': '3'}),
        ('There were four devices on each piece of glass.', {'number_of_cells_per_substrate': '4'}),
        ('Substrates of 25 mm × 25 mm with 5 pixels each were used; the pixel area was 0.075 cm2.', {'number_of_cells_per_substrate': '5', 'area_measured': '0.075'}),
        ('Three cells per plate were made, each with an area of 0.2 cm2.', {'number_of_cells_per_substrate': '3', 'area_measured': '0.2'}),
        ('One large cell of 1.2 cm2 was made per substrate.', {'number_of_cells_per_substrate': '1', 'area_measured': '1.2'}),
        ('Substrates were cleaned in four steps of ten minutes each; six samples were spin-coated at a time.', {'number_of_cells_per_substrate': None}),
        ('Slot-die coated perovskite solar modules\n\nExperimental. The modules were made on 10 cm × 10 cm glass. P1, P2 and P3 lines were scribed by laser to give seven sub-cells in series. The aperture area of the module was 64.0 cm2. Small cells of 0.1 cm2 were made for comparison.', {'Module': 'TRUE', 'area_measured': '64'}),
        ('Cells were made by spin-coating with a silver contact. Mini-modules of 12 cm2 were also made to show that the method can be scaled. The champion cells of 0.09 cm2 reached 24.1%.', {'Module': 'FALSE', 'area_measured': '0.09'}),
        ('Cells were mounted in a Peltier module during the measurement, with a KG5 reference cell and a J–V test module of Keithley.', {'Module': 'FALSE'}),
        ('The opaque cells have an aperture of 0.105 cm2; that of the semitransparent cells is 0.2 cm2. For the semitransparent cells 100 nm IZO was sputtered as rear electrode. Opaque cells with gold serve as reference.', {'area_measured': '0.2'}),
        ('Cells were measured behind a round aperture with a diameter of 4 mm.', {'area_measured': '0.126'}),
        ('A metal mask (7.1 mm × 3.3 mm) defined the active area.', {'area_measured': '0.234'}),
        ('An aperture of 0.1024 cm2 was placed on the cells.', {'area_measured': '0.1024'}),
        ('Light reached the device only through a window of 4 mm × 2 mm in black tape.', {'area_measured': '0.08'}),
        ('Nine pixels of 4 mm2 share a substrate.', {'number_of_cells_per_substrate': '9', 'area_measured': '0.04'}),
        ('A substrate accommodated 12 cells, of which ten were measured.', {'number_of_cells_per_substrate': '12'}),
        ('The top electrode was evaporated through a mask that divides each substrate into six cells.', {'number_of_cells_per_substrate': '6'}),
        ('On each sample, 4 cells with an area of 0.16 cm2 were defined by the silver electrode.', {'number_of_cells_per_substrate': '4', 'area_measured': '0.16'}),
        ('This yielded eight 0.045 cm2 devices per chip.', {'number_of_cells_per_substrate': '8', 'area_measured': '0.045'}),
        ('Five devices were measured per batch. The glass was cleaned for 10 min in each solvent.', {'number_of_cells_per_substrate': None}),
        ('Every plate (2.5 cm × 2.5 cm) holds 3 solar cells.', {'number_of_cells_per_substrate': '3'}),
        ('Large-area modules by blade coating\nGlass of 15 cm × 15 cm with ITO was used. Laser scribing (P1, P2, P3) gave 20 sub-cells. The modules have an active area of 100 cm2.\nLaboratory cells of 0.1 cm2 served as a check of each layer.', {'Module': 'TRUE', 'area_measured': '100'}),
        ('Device fabrication. Solar cells of 0.12 cm2 were made on FTO glass, and gold was evaporated. Module fabrication. Five strips connected in series were scribed by laser into 5 cm × 5 cm plates.', {'Module': 'FALSE', 'area_measured': '0.12'}),
        ('We report modules with all layers applied by slot-die coating. Seven stripes are in series. Single cells were made for comparison with the modules.', {'Module': 'TRUE'}),
        ('The aperture of the mask measured 2.9 mm × 2.5 mm.', {'area_measured': '0.0725'}),
        ('All devices had an active area of 0.1 cm2 (2.5 mm × 4 mm).', {'area_measured': '0.1'}),
        ('We patterned the ITO such that every 3 cm × 3 cm glass accommodated nine devices of 0.16 cm2.', {'number_of_cells_per_substrate': '9', 'area_measured': '0.16'}),
        ('A single substrate thus provided 6 independent cells.', {'number_of_cells_per_substrate': '6'}),
        ('There are two cells of 0.5 cm2 to a substrate.', {'number_of_cells_per_substrate': '2', 'area_measured': '0.5'}),
        ('Eight-pixel substrates were used; the pixel size is 0.04 cm2.', {'number_of_cells_per_substrate': '8', 'area_measured': '0.04'}),
        ('Fabrication of perovskite mini-modules\nThe glass was scribed (P1), coated with NiOx, perovskite and C60, scribed again (P2), covered with copper and scribed a last time (P3). The six sub-cells of a module share 10.4 cm2 of aperture area. The films were characterised as usual for cells.', {'Module': 'TRUE', 'area_measured': '10.4'}),
        ('The average over fifteen modules was 16.4% with an aperture area of 20.8 cm2. In addition we made 30 cells of 0.1 cm2 on the same glass for comparison. The modules consist of 8 cells in series.', {'Module': 'TRUE', 'area_measured': '20.8'}),
        ('Photocurrent was recorded from an area of 4.0 mm2 set by an anodised aluminium aperture.', {'area_measured': '0.04'}),
        ('Ag fingers and bus bars surround an illuminated area of 1.00 cm × 1.00 cm.', {'area_measured': '1'}),
        ('Using this layout, 16 devices fit on one 3-inch plate.', {'number_of_cells_per_substrate': '16'}),
        ('Silver was evaporated to complete six devices (0.07 cm2) on each substrate.', {'number_of_cells_per_substrate': '6', 'area_measured': '0.07'}),
        ('Each of the glass substrates carried four 0.25 cm2 cells.', {'number_of_cells_per_substrate': '4', 'area_measured': '0.25'}),
        ('Manufacture of modules. The ink was slot-die coated on 10 cm × 10 cm glass. P1–P3 scribing gave 14 cells in series with an aperture area of 57 cm2. Spin-coated reference cells had 0.1 cm2.', {'Module': 'TRUE', 'area_measured': '57'}),
        ('The substrates hold six cells each.', {'number_of_cells_per_substrate': '6'}),
        ('Pre-patterned ITO substrates (20 mm × 15 mm, eight pixels) were cleaned.', {'number_of_cells_per_substrate': '8', 'area_measured': None}),
        ('Silver was evaporated through a shadow mask with four rectangular openings of 0.2 cm2.', {'number_of_cells_per_substrate': '4', 'area_measured': '0.2'}),
        ('All substrates carry three devices.', {'number_of_cells_per_substrate': '3'}),
        ('We used glass of 24 mm × 24 mm on which four cells were defined.', {'number_of_cells_per_substrate': '4', 'area_measured': None}),
        ('Gold was evaporated to give 4 devices/substrate.', {'number_of_cells_per_substrate': '4'}),
        ('Glass pieces (20 × 20 mm2), each with four cells, were mounted in a holder.', {'number_of_cells_per_substrate': '4', 'area_measured': None}),
        ('ITO, 15 Ω/sq, 30 × 30 mm2, six cells of 0.13 cm2.', {'number_of_cells_per_substrate': '6', 'area_measured': '0.13'}),
        ('The back contact mask left nine cells per sample, each 4 mm × 4 mm.', {'number_of_cells_per_substrate': '9', 'area_measured': '0.16'}),
        ('The cells have an area of 0.09 cm2 and there are six of them on a substrate.', {'number_of_cells_per_substrate': '6', 'area_measured': '0.09'}),
        ('Substrates were cut from ITO glass so that each holds five devices.', {'number_of_cells_per_substrate': '5'}),
        ('Twenty cells of each type, from five substrates, were measured.', {'number_of_cells_per_substrate': None}),
        ('Four substrates were coated per batch and two devices of each kind were aged.', {'number_of_cells_per_substrate': None}),
        ('The overlap of the Ag fingers with the FTO gave an area of 0.12 cm2.', {'area_measured': '0.12'}),
        ('The cross-section of ITO and copper stripes amounts to 0.04 cm2.', {'area_measured': '0.04'}),
        ('Films for SEM were coated on glass with an area of 1 cm × 1 cm. Cells had an active area of 0.07 cm2.', {'area_measured': '0.07'}),
        ('A black mask limited the light to a square of 2.5 mm by 2.5 mm.', {'area_measured': '0.0625'}),
        ('Pixel area 5.3 mm2, aperture 4.5 mm2.', {'area_measured': '0.045'}),
        ('Contact pads of 10 mm2 in Au were evaporated; the device area is the same.', {'area_measured': '0.1'}),
        ('Semitransparent cells were obtained with 10 nm of gold. The average visible transmittance from 400 to 800 nm was 24%.', {'semitransparent': 'TRUE', 'semitransparent_wavelength_range': '400; 800'}),
        ('The bifacial cells have a sputtered IZO rear electrode. They transmit 80% in the range from 850 to 1,200 nm.', {'semitransparent': 'TRUE', 'semitransparent_wavelength_range': '850; 1200'}),
        ('Opaque cells with 100 nm Cu are the reference. Semitransparent cells, which this paper is about, have 120 nm of sputtered ITO on top. The transmittance between 780 and 1,150 nm was 82%.', {'semitransparent': 'TRUE', 'semitransparent_wavelength_range': '780; 1150'}),
        ('In the opaque cells, 8 nm of BCP and 90 nm of Au were evaporated, and they serve as reference. In the semitransparent cells 130 nm of IZO was sputtered on SnO2.', {'semitransparent': 'TRUE'}),
        ('Cells ended with 100 nm of Ag. Tandems were made with sputtered IZO on top of the perovskite cell.', {'semitransparent': 'FALSE'}),
        ('The active area of the cell is 0.0925 cm-2.', {'area_measured': '0.0925'}),
        ('A 0.07-cm2 mask was laid on the cells.', {'area_measured': '0.07'}),
        ('The mask covered the cell to define the active area of the device, and in this case it was 0.08 cm2.', {'area_measured': '0.08'}),
        ('The active area, as defined by the overlap between the ITO and the Cu electrodes, is 0.13 cm2.', {'area_measured': '0.13'}),
        ('A metal mask with a square aperture of 0.0676 cm2 was used; the pre-masked area of the cells was 0.11 cm2.', {'area_measured': '0.0676'}),
        ('Films were blade-coated in an area of 2 cm × 2 cm.', {'area_measured': None}),
        ('The detector has 200 × 200 pixels.', {'number_of_cells_per_substrate': None}),
    ],
)  # fmt: skip
def test_wordings(text, expected):
    found = cell_findings(Document(text))
    read_of = {name: found.get(f"Cell_{name}") or found.get(name) for name in expected}
    assert {name: finding and finding.value for name, finding in read_of.items()} == expected


WORDS = st.sampled_from(
    ["cells", "module", "in series", "0.1 cm2", "3 mm × 3 mm", "mask", "each substrate", "has", "six", "pixels", "PET foil", "ITO glass", "semitransparent", "devices", "tandem", "IZO", "sputtered", "90 nm gold", "400–800 nm", "transmits", "0.1, 0.2 and 1 cm2", "opaque", "."]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=40).map(" ".join)))
def test_arbitrary_text_never_raises(text):
    document = Document(text)
    has_unread_area(document), has_unread_temperature(document)
    for finding in cell_findings(document).values():
        assert finding.value
        assert 0 < finding.certainty <= 1
        assert all(0 <= a < b <= len(document.text) for a, b in finding.spans)


MODULE_TEXT = (
    "Substrates. ITO glass was cleaned with a detergent, water, acetone and isopropanol in an ultrasonic bath for 15 min each, "
    "was dried in a stream of nitrogen and treated with UV-ozone. For modules the ITO had been scribed before (P1).\n"
    "Coating. PTAA was blade coated on ITO. The perovskite ink was blade coated and annealed at 120 °C for 5 min. C60, BCP "
    "and 100 nm of copper were evaporated.\n"
    "Modules. P2 and P3 were scribed by a laser. Six subcells are connected in series; the aperture area is 21.4 cm2.\n"
    "Small cells. They were cut from coated plates and have an active area of 0.09 cm2.\n"
    "Stability. {} were kept at 60 °C in air. After 900 h they had 92% of their 18.1%.\n"
)


@pytest.mark.parametrize(("aged", "answer"), [("Modules", "TRUE"), ("Small cells", "FALSE")])
def test_modules_told_before_small_cells_are_the_papers_own_where_they_alone_are_aged(aged, answer):
    text = MODULE_TEXT.format(aged).replace("they had", f"the {aged.lower()} had")
    found = cell_findings(Document(text))
    assert found["Module"].value == answer
    assert found["Cell_area_measured"].value == ("21.4" if answer == "TRUE" else "0.09")


def test_a_module_so_obtained_is_the_papers_own():
    text = (
        MODULE_TEXT.format("Small cells")
        + "The module thus obtained comprises six sub-cells in series."
    )
    assert cell_findings(Document(text))["Module"].value == "TRUE"


def test_metal_that_completes_modules_closes_no_cells_before_them():
    text = (
        "PTAA was spin-coated on ITO glass. 100 nm Ag completed the modules, in which six cells were interconnected in series by P1, P2 "
        "and P3 lines. The designated area was 24 cm2."
    )
    assert read(text, "Module") == "TRUE"


def test_an_average_visible_transmittance_is_of_a_semitransparent_cell():
    text = "A 10 nm Au film between two MoO3 layers was evaporated. The average visible transmittance (400-800 nm) was 27%."
    assert read(text, "Cell_semitransparent") == "TRUE"
