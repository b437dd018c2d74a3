"""Whatever stands in a text, the rules answer, soon and within the text (issue 14, bad input)."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.devices.devices import read_devices
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.recent import recent_signs
from masterkey.schema import fields as schema

WORDS = """The a was were on and or of with for to at by from then ITO FTO glass PEN SnO2 TiO2 NiOx PTAA 2PACz C60 BCP Ag
Au carbon IZO PbI2 FAI MAI DMF DMSO isopropanol perovskite MAPbI3 Cs0.1FA0.9PbI3 PEAI spin-coated evaporated printed
sputtered ALD bath annealed dried heated 100 150 °C K 10 min h s rpm mg ml M cm2 mm % / | ( ) . , ; : – - \n control cells
devices module tandem stability mixture solution film layer substrates compact mesoporous antisolvent chlorobenzene MPP
nitrogen called QX-7PA (XYZ) self-assembled monolayer hole transport Materials Methods
1.2 0.5 ± × ° µl 5""".split(" ")
made_of_words = st.lists(st.sampled_from(WORDS), max_size=120).map(" ".join)


def checked(text: str) -> None:
    document = Document(text)
    for reading in read_devices(document):
        for field, finding in reading.findings.items():
            assert field in schema.SII_FIELDS
            assert finding.value
            assert 0 < finding.certainty <= 1
            assert all(0 <= start <= end <= len(text) for start, end in finding.spans)


@given(st.text(max_size=400))
def test_any_characters_are_read(text):
    checked(text)


@pytest.mark.slow
@settings(max_examples=300)
@given(made_of_words)
def test_any_words_of_a_laboratory_are_read(text):
    checked(text)


@given(made_of_words, made_of_words)
def test_reading_twice_gives_the_same(text, other):
    first = read_device(Document(text))
    read_device(Document(other))
    assert read_device(Document(text)) == first


LENGTH = 200_000
LONGEST = 5.0  # seconds; it takes below one
PARAGRAPH = (
    "2PACz was spin-coated on ITO glass. PbI2 and FAI in DMF and DMSO (4:1) were spin-coated at 4000 rpm for 30 s "
    "with chlorobenzene and annealed at 100 °C for 10 min. C60/BCP/Ag were evaporated; the area was 0.1 cm2. "
    "The cells kept 90% of the initial efficiency after 500 h in nitrogen at 65 °C.\n"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "a", " ", "\n", "1 ", "1, ", "(", "A/", "ITO/", "ITO/PTAA/perovskite/C60/Ag ", "100 °C ", "10 min at 100 °C, ",
        "PTAA ", "PTAA and ", "spin-coated PTAA and ", "PTAA or C60 ", "PTAA\n", "SnO2 (", "spin-coated ", "the film was annealed ", "A. ", "Methods\n", "control cells ",
        "x-", "1.2 M PbI2 and ", "monolayer of Q1-", "PTAA, a monolayer of QX-7PA, ", "silver, MA, PbI2, ", "İ", "漢", "Cs0.1FA0.9PbI3 ", "0.1", PARAGRAPH,
        "For tandems, x. ", "Device fabrication\nTandem devices\n", "1.2 M PbI2 and FAI in DMF:DMSO (4:1 v/v). ", "flexible PEN/ITO ",
    ],
)  # fmt: skip
def test_very_long_texts_are_read_in_seconds(piece):
    text = piece * (LENGTH // len(piece))
    started = time.process_time()
    checked(text)
    assert time.process_time() - started < LONGEST


@pytest.mark.slow
def test_the_time_grows_with_the_length_alone():
    def seconds(repeats: int) -> float:
        document = Document(PARAGRAPH * repeats)
        started = time.process_time()
        read_device(document)
        return time.process_time() - started

    seconds(2)  # patterns and tables are read once
    short = min(seconds(20) for _ in range(3))
    assert min(seconds(80) for _ in range(3)) < 10 * short


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("spiro-ometad was spin-coated on mapbi3 and gold was evaporated.", 0),
        ("2pacz was spin-coated.", 1),
        ("2pacz and me-4pacz, a self-assembled monolayer of them", 1),
        ("me-4pacz, macl, peai, slot-die coating, p1 lines, anisole", 6),
        ("sno2 was grown by ald; csi and fai were dissolved in 2-methoxyethanol.", 4),
    ],
)
def test_signs_of_a_recent_paper_are_each_counted_once(text, signs):
    assert recent_signs(text) == signs
