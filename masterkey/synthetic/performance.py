"""A simple device model: Voc, Jsc, FF and PCE of an invented device.

It gives synthetic MDP rows targets that follow from the recipe in a way a regressor can learn. It is
a caricature, not a simulation: trends are those of textbooks, numbers are round.

1. Band gap: a weighted mean over the A-site ions, with bowing in bromide and in tin content.
2. Jsc: about the Shockley–Queisser limit at that gap, times transmission and collection.
3. Voc: what the best cells of that gap reach, less a loss at each contact, in tin, in bromide and in
   the crystal.
4. FF: an ideal value, less the resistance of each layer and of the contact.
5. The crystal: how far annealing is from its optimum, how the film was made, helpful additives.
6. Each measured value has noise of the size met within repeated published recipes (Voc .03 V,
   Jsc 1.3 mA/cm², FF .035), then Voc, Jsc and FF are rounded to two decimals and
   PCE = Voc · Jsc · FF of the rounded values, so that the identity holds within .005.
"""

import itertools
import math
import random

from masterkey.synthetic.device import Device

# Band gap of the pure lead iodide, lead bromide and tin iodide perovskites of each cation [eV].
GAPS = {"MA": (1.58, 2.28, 1.24), "FA": (1.50, 2.24, 1.38), "Cs": (1.70, 2.34, 1.30)}
BROMIDE_BOWING, TIN_BOWING = 0.33, 0.60
SPACERS = ("(PEA)", "(BA)")
SPACER_SHIFT = 0.6  # eV times the spacer's share of the A site: confinement between the sheets

# Shockley–Queisser photocurrent under AM1.5G, about: (gap [eV], Jsc [mA/cm²]).
LIMIT_CURRENT = (
    (1.1, 44.0),
    (1.2, 40.0),
    (1.4, 33.0),
    (1.6, 25.4),
    (1.8, 19.3),
    (2.0, 14.4),
    (2.4, 7.5),
)

# What a contact layer costs: (Voc loss [V] where it touches the perovskite, FF loss). A material
# that is not listed costs (0.10, 0.03).
CONTACTS = {
    "TiO2-c": (0.10, 0.020), "TiO2-mp": (0.08, 0.025), "SnO2-np": (0.05, 0.010),
    "SnO2-c": (0.06, 0.015), "ZnO-np": (0.11, 0.030), "ZnO-c": (0.13, 0.035),
    "Al2O3-mp": (0.07, 0.040), "Nb2O5": (0.09, 0.030), "CdS": (0.17, 0.040),
    "PCBM-60": (0.07, 0.020), "PCBM-70": (0.08, 0.025), "ICBA": (0.05, 0.045),
    "C60": (0.09, 0.010), "Spiro-MeOTAD": (0.05, 0.010), "PTAA": (0.04, 0.015),
    "P3HT": (0.14, 0.030), "CuSCN": (0.09, 0.020), "CuPc": (0.15, 0.035),
    "PEDOT:PSS": (0.19, 0.015), "NiO-c": (0.10, 0.025), "NiO-np": (0.08, 0.020),
    "Poly-TPD": (0.06, 0.030), "2PACz": (0.02, 0.005), "MeO-2PACz": (0.03, 0.005),
    "TFB": (0.07, 0.025),
}  # fmt: skip
UNLISTED_CONTACT = (0.10, 0.03)
BUFFER_FF_LOSS = 0.004  # each further layer of a stack
NO_HTL = (0.22, 0.06)
UNDOPED_FF_LOSS = {"Spiro-MeOTAD": 0.07, "PTAA": 0.05, "P3HT": 0.03}
ELECTRODE_FF_LOSS = {
    "Carbon": 0.06,
    "ITO": 0.03,
    "IZO": 0.02,
    "Ag-nw": 0.04,
    "Al": 0.015,
    "Cu": 0.01,
}
PROCEDURE_QUALITY = {
    "Spin-coating": 1.0, "CBD": 0.94, "Evaporation": 0.97, "Co-evaporation": 0.98,
    "Doctor blading": 0.93, "Slot-die coating": 0.95, "Spray-coating": 0.88,
}  # fmt: skip
ADDITIVE_GAIN = {"Cl": 0.03, "Pb(SCN)2": 0.03, "KI": 0.025, "Thiourea": 0.02, "SnF2": 0.06}
OTHER_ADDITIVE_GAIN = 0.01
TRANSMISSION = {"FTO": 0.90, "ITO": 0.92, "AZO": 0.88}
NOISE = {"Voc": 0.03, "Jsc": 1.3, "FF": 0.035}


def band_gap(composition) -> float:
    """Band gap [eV] of a `device.Composition`."""
    bromide, tin = composition.share("Br"), composition.share("Sn")
    cations = {ion: composition.share(ion) for ion in GAPS if composition.share(ion)}
    iodide_gap, bromide_gap, tin_gap = (
        sum(share * GAPS[ion][i] for ion, share in cations.items()) / sum(cations.values())
        for i in range(3)
    )
    lead = iodide_gap + bromide * (bromide_gap - iodide_gap)
    lead -= BROMIDE_BOWING * bromide * (1 - bromide)
    gap = lead + tin * (tin_gap - iodide_gap) - TIN_BOWING * tin * (1 - tin)
    return gap + SPACER_SHIFT * sum(composition.share(ion) for ion in SPACERS)


def limit_current(gap: float) -> float:
    """Shockley–Queisser photocurrent [mA/cm²] at a gap [eV], by linear interpolation."""
    for (left, high), (right, low) in itertools.pairwise(LIMIT_CURRENT):
        if gap <= right:
            return high + (low - high) * (gap - left) / (right - left)
    return LIMIT_CURRENT[-1][1]


def best_annealing(composition) -> float:
    """The annealing temperature [°C] that suits a composition best: caesium needs more heat."""
    return 100 + 45 * composition.share("FA") + 90 * composition.share("Cs")


def crystal_quality(device: Device) -> float:
    """0.6 to about 1.05: annealing, procedure and additives together."""
    stages = [stage for step in device.steps for stage in step.annealing]
    quality = 0.93  # where annealing is not reported
    if stages:
        distance = (max(stage[0] for stage in stages) - best_annealing(device.composition)) / 60
        minutes = sum(stage[1] or 10 for stage in stages)
        quality = 1 - 0.12 * min(distance**2, 1.5) - 0.03 * min(abs(math.log(minutes / 20)), 3)
    quality *= min(PROCEDURE_QUALITY.get(step.procedure, 0.9) for step in device.steps)
    gain = sum(ADDITIVE_GAIN.get(additive, OTHER_ADDITIVE_GAIN) for additive in device.additives)
    # The sheets of a layered perovskite hinder transport.
    quality -= 0.35 * sum(device.composition.share(ion) for ion in SPACERS)
    return max(0.6, quality + gain)


def expected_targets(device: Device) -> dict[str, float]:
    """Voc [V], Jsc [mA/cm²] and FF [0–1] of a device without noise."""
    gap, quality = band_gap(device.composition), crystal_quality(device)
    etl, htl = _contact_loss(device.etl), _contact_loss(device.htl)
    doped = any(layer.additives and layer.additives != ("Undoped",) for layer in device.htl)
    resistance = 0 if doped or not device.htl else UNDOPED_FF_LOSS.get(device.htl[0].material, 0)
    resistance += sum(ELECTRODE_FF_LOSS.get(layer.material, 0) for layer in device.contact)
    collection = TRANSMISSION.get(device.substrate[-1], 0.9) * (0.4 + 0.6 * quality)
    collection *= (0.96 if device.flexible else 1) * (0.88 if device.semitransparent else 1)
    loss = etl[0] + htl[0] + 0.5 * (1 - quality)
    loss += 0.30 * device.composition.share("Sn") + 0.12 * device.composition.share("Br")
    return {
        "Voc": 0.78 * gap + 0.05 - loss,
        "Jsc": limit_current(gap) * collection,
        "FF": 0.86 - 2.5 * (etl[1] + htl[1]) - 1.5 * resistance - 0.8 * (1 - quality),
    }


def _contact_loss(layers) -> tuple[float, float]:
    """(Voc loss [V], FF loss) of a stack of transport layers: its best material meets the perovskite."""
    if not layers:
        return NO_HTL
    costs = [CONTACTS.get(layer.material, UNLISTED_CONTACT) for layer in layers]
    return min(costs)[0], min(costs)[1] + BUFFER_FF_LOSS * (len(layers) - 1)


def measured_targets(device: Device, rng: random.Random) -> dict[str, str]:
    """One measurement of a device: the four targets as text with two decimals.

    |Voc · Jsc · FF − PCE| ≤ .005 on the values as written.
    """
    expected = expected_targets(device)
    noisy = {name: expected[name] + rng.gauss(0, sigma) for name, sigma in NOISE.items()}
    voc = round(min(max(noisy["Voc"], 0.05), 1.9), 2)
    jsc = round(max(noisy["Jsc"], 0.5), 2)
    ff = round(min(max(noisy["FF"], 0.25), 0.86), 2)
    values = {"Voc": voc, "Jsc": jsc, "FF": ff, "PCE": voc * jsc * ff}
    return {name: f"{value:.2f}" for name, value in values.items()}
