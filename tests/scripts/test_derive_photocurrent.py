"""data/derive_photocurrent.py: currents of band gaps from a spectrum of photons."""

import zipfile

import numpy as np
import pytest

from data.derive_photocurrent import ELEMENTARY_CHARGE, SPECTRUM, Arguments, currents_of, main
from masterkey.database.nomad_package import PACKAGE
from masterkey.regressor.band_gap import largest_current
from masterkey.scripting.command_line import UserError


def test_each_photon_above_the_band_gap_gives_one_electron():
    energy = np.linspace(1, 3, 201)
    currents = currents_of(np.array([0.5, 2.0, 3.5]), energy, np.full(201, 1e17))
    expected = 1000 * ELEMENTARY_CHARGE * 1e17 * np.array([2.0, 1.0, 0.0])
    np.testing.assert_allclose(currents, expected)


def test_the_table_falls_from_the_smallest_band_gap_to_nothing(tmp_path):
    wheel, output = tmp_path / "package.whl", tmp_path / "photocurrent.tsv"
    lines = "".join(f",{energy:.3f},1e17\n" for energy in np.linspace(0.3, 4.4, 400))
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{PACKAGE}/{SPECTRUM}", lines)
        archive.writestr("x-9.9.dist-info/METADATA", "")
    main(Arguments(wheel=str(wheel), output_path=str(output)))
    comment, header, *rows = output.read_text().splitlines()
    assert "9.9 (Apache-2.0)" in comment
    assert header == "band_gap_eV\tcurrent_mA_per_cm2"
    currents = [float(row.split("\t")[1]) for row in rows]
    assert currents == sorted(currents, reverse=True)
    assert currents[0] > 60


def test_a_wheel_without_the_spectrum_is_a_users_mistake(tmp_path):
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("other/x.py", "")
    with pytest.raises(UserError, match="is it another version"):
        main(Arguments(wheel=str(tmp_path / "other.whl"), output_path=str(tmp_path / "x.tsv")))


def test_the_committed_table_is_of_the_whole_sun():
    # ASTM G173-03: 69 mA/cm² of photons between 0.3 and 4.4 eV.
    assert largest_current(0.5) == pytest.approx(66.7, abs=0.1)
    assert largest_current(4.0) < 0.1
