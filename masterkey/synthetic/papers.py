"""Word an invented device as the experimental section of an invented paper.

Every value of the device that is not a default is stated, in one of the phrases of
synthetic_wordings.py; around it stand sentences on cleaning and characterisation whose numbers
belong to no field. All sentences were written for this file; none is from a paper.
"""

import random
import re

from masterkey.synthetic.device import Composition, Device, Layer, Stability, Step
from masterkey.synthetic.wordings import (
    ARCHITECTURES,
    ATMOSPHERES,
    COMPOUNDS,
    COUNTS,
    DIPPING,
    FLAGS,
    MATERIALS,
    NO_HTL,
    PROCEDURES,
    SOLVENTS,
    area_wordings,
    duration_wordings,
    exposure_wordings,
    formula_wordings,
)

SHORTEST = 450  # characters of a section; a device with everything needs up to about 1,000

# Monolayers, scaffolds, pastes and meshes: a thickness in nm would be odd or unphysical.
NO_THICKNESS = ("2PACz", "MeO-2PACz", "PFN", "PEI", "TiO2-mp", "Al2O3-mp", "Carbon", "Ag-nw")
VACUUM_PROCEDURES = ("ALD", "Sputtering", "Evaporation", "E-beam evaporation")
# What a layer's or step's procedure may bring along; none of these numbers is a field.
DETAILS = {
    "Spin-coating": (" at {rpm} rpm", " for {seconds} s", "", "", ""),
    "Evaporation": (" at {rate} Å/s", "", "", ""),
    "Spray-pyrolys": (" at {hot} °C", ""),
    "ALD": (" ({cycles} cycles)", ""),
    "Doctor blading": (" at {speed} mm/s", ""),
    "Slot-die coating": (" at {speed} mm/s", ""),
    "Sputtering": (" at {power} W", ""),
}
NUMBERS = {
    "n": range(2, 10), "nm": range(10, 90, 5), "thick": range(60, 150, 10), "grain": range(150, 600, 10),
    "rpm": range(1000, 6001, 100), "seconds": range(20, 61), "rate": ("0.2", "0.5", "0.8"),
    "hot": (440, 450, 460, 480, 500), "cycles": range(100, 301, 20), "speed": range(3, 21),
    "power": range(30, 100), "molar": ("1.0", "1.1", "1.2", "1.3", "1.4", "1.5"),
    "percent": range(15, 40), "volt": ("1.1", "1.2", "1.3", "1.4"), "suns": (99, 100, 101),
    "wave": range(760, 841, 10), "blue": (405, 473, 532), "rough": ("4.2", "8.8", "11.5", "16.3", "21.0"),
}  # fmt: skip
PLACEHOLDER = re.compile(r"{(\w+)}")

OPENINGS = (
    "Solar cells of the {arch} type were made on {substrate}.",
    "{Substrate} served as the substrate of {arch} cells.",
    "We fabricated {arch} perovskite cells on {substrate}.",
    "Devices with {arch} layout were built on {substrate}.",
)
CLEANING = (
    "Substrates were sonicated in acetone for {n} min.",
    "Substrates were cleaned and treated with UV-ozone.",
    "",
    "",
)
LAYER_SENTENCES = (
    "{adds}{Material} ({nm} nm) was {verb}{detail}.",
    "Then {adds}{material} was {verb}{detail}.",
    "Next, {nm} nm of {adds}{material} was {verb}{detail}.",
    "The {role} was {adds}{material}, {verb}{detail}.",
)
CONTACT_SENTENCES = (
    "Finally, {thick} nm of {material} was {verb} through a mask{detail}.",
    "{Material} ({thick} nm) was {verb} as the electrode{detail}.",
    "The back contact was {material}, {verb}{detail}.",
    "Cells were completed with {material}, which was {verb}{detail}.",
)
CONTACT_SENTENCES_BELOW = (
    "Below the electrode {nm} nm of {material} was {verb}{detail}.",
    "For the contact, {material} was first {verb}{detail}.",
)
DOPING = ("It was doped with {adds}.", "{Adds} served as its dopant.")
INK_DOPING = (*DOPING, "The solution contained {adds}.", "{Adds} had been added to the ink.")
INKS = (
    "The {formula} ink ({molar} M) in {solvents} was {verb}{detail}.",
    "{Formula} was {verb}{detail} from {solvents} ({molar} M).",
    "For the absorber {formula}, precursors in {solvents} were {verb}{detail}.",
    "A {molar} M solution of {formula} in {solvents} was {verb}{detail}.",
)
DRY_INKS = (
    "{formula} was {verb} {solvents} at {rate} Å/s.",
    "The absorber {formula} was {verb} {solvents}.",
)
LEAD_STEPS = (
    "First, {lead} in {solvents} was {verb}{detail}.",
    "The metal halide ({lead}) was {verb}{detail} from {solvents}.",
)
DRY_LEAD_STEPS = ("First, {lead} was {verb} {solvents}.", "The {lead} film was {verb} {solvents}.")
SALT_STEPS = (
    "A solution of {salts} in {solvents} was {verb} on top to form {formula}.",
    "The layer became {formula} when {salts} in {solvents} was {verb} onto it.",
)
SALT_BATHS = (
    "The film turned into {formula} when it was {verb} of {salts} in {solvents}.",
    "The layer was then {verb} of {salts} in {solvents}, which gave {formula}.",
)
PEROVSKITE_ADDITIVES = (
    "The precursor contained {adds}.",
    "As additive we used {adds}.",
    "We added a little {adds} to the precursor.",
)
PRISTINE = ("The precursor was kept {adds}.", "This absorber was left {adds}.")
ANNEALING = (
    "Films were annealed at {stages}.",
    "The film was heated at {stages}.",
    "Crystallisation took place on a hotplate at {stages}.",
    "This was followed by baking at {stages}.",
)
DRYING = ("This layer was dried at {stages}.", "The wet film was dried at {stages}.")
STAGES = ("{t} °C for {time}", "{t} °C ({time})")
AREAS = (
    "The active area was {area}.",
    "A mask defined an area of {area}.",
    "Cells were measured through an aperture of {area}.",
)
PER_SUBSTRATE = ("Each substrate carried {n} cells.", "There were {n} cells on each substrate.")
CLEAR = (
    "These {flag} cells transmitted {percent} % of the light{range}.",
    "The {flag} devices had a mean transmittance of {percent} %{range}.",
)
MODULES = ("{n} stripes were connected in series to a {flag}.", "A {flag} of {n} stripes was made.")
STABILITY = (
    "Stored in {gas}{heat}, {cells} kept {end} % of the initial PCE{start} after {time}.",
    "After {time} in {gas}{heat}, {cells} retained {end} % of their PCE{start}.",
    "For the stability test {cells} stayed in {gas}{heat} for {time}; {end} % of the PCE{start} remained.",
)
UNTESTED = ("Stability was not tested.", "", "", "")
ANTISOLVENT = (
    "After {n} s, chlorobenzene was dripped onto the film.",
    "Diethyl ether served as antisolvent ({seconds} µL).",
)
DISTRACTORS = (
    "XRD patterns were taken with Cu Kα radiation ({power} mA) at {speed} °/min.",
    "SEM images were recorded at {speed} kV; grains were about {grain} nm wide.",
    "J–V curves were scanned at {power} mV/s under AM1.5G light from {volt} to -0.1 V.",
    "The lamp was calibrated to {suns} mW cm-2 with a silicon reference cell.",
    "EQE spectra were taken from 300 to {wave} nm in steps of {speed} nm.",
    "Photoluminescence was excited at {blue} nm and peaked at {wave} nm.",
    "AFM in tapping mode gave a roughness of {rough} nm over 5 × 5 µm2.",
    "UV–vis absorption had its onset near {wave} nm.",
    "Impedance was measured from {speed} Hz to 1 MHz with an amplitude of {n} mV.",
    "Transient photovoltage decays gave a lifetime of {seconds} µs.",
    "Film thickness was checked with a profilometer: {grain} nm in all.",
    "The contact angle of water on the film was {seconds}°.",
    "XPS spectra were referenced to the C 1s line at 284.{n} eV.",
    "Powders of 99.{n} % purity were bought and used as received.",
)


def write_section(device: Device, rng: random.Random) -> str:
    """The section: fabrication in order, measurement in any order; 450 to 1,100 characters."""
    fabrication = _fabrication(device, rng)
    results = [sentence for sentence in _results(device, rng) if sentence]
    preamble: list[str] = []
    distractors = _shuffled(rng, DISTRACTORS)
    wanted = rng.randint(SHORTEST, SHORTEST + 100)
    length = len(" ".join(fabrication + results))
    while length < wanted or len(distractors) == len(DISTRACTORS):
        sentence = _fill(rng, distractors.pop())
        (preamble if rng.random() < 0.15 else results).append(sentence)
        length += len(sentence) + 1
    results = _shuffled(rng, results)
    blocks = (results, fabrication) if rng.random() < 0.1 else (fabrication, results)
    return " ".join(preamble + blocks[0] + blocks[1])


def _fabrication(device: Device, rng: random.Random) -> list[str]:
    etl = _layers(device.etl, "electron-transport layer", rng)
    htl = _layers(device.htl, "hole-transport layer", rng) or [rng.choice(NO_HTL)]
    first, last = (etl, htl) if device.architecture == "nip" else (htl, etl)
    sentences = [
        _opening(device, rng),
        _fill(rng, rng.choice(CLEANING)),
        *first,
        *_perovskite(device, rng),
        *last,
        *_contact(device.contact, rng),
    ]
    return [sentence for sentence in sentences if sentence]


def _opening(device: Device, rng: random.Random) -> str:
    carrier, conductor = (_word(rng, MATERIALS[name]) for name in device.substrate)
    flexible = f"{rng.choice(FLAGS['Cell_flexible'])} " if device.flexible else ""
    substrate = rng.choice(
        (f"{flexible}{conductor}-coated {carrier}", f"{flexible}{carrier} covered with {conductor}")
    )
    arch = rng.choice(ARCHITECTURES[device.architecture])
    return _fill(rng, rng.choice(OPENINGS), arch=arch, substrate=substrate)


def _layers(layers: tuple[Layer, ...], role: str, rng: random.Random) -> list[str]:
    sentences = []
    for layer, ordinal in zip(layers, ("", "second ", "third "), strict=False):
        pristine = layer.additives == ("Undoped",)
        adds = f"{rng.choice(COMPOUNDS['Undoped'])} " if pristine else ""
        sentences.append(_layer(LAYER_SENTENCES, layer, rng, adds=adds, role=ordinal + role))
        if layer.additives and not pristine:
            doping = DOPING if layer.procedure in VACUUM_PROCEDURES else INK_DOPING
            sentences.append(_fill(rng, rng.choice(doping), adds=_compounds(layer.additives, rng)))
    return sentences


def _contact(layers: tuple[Layer, ...], rng: random.Random) -> list[str]:
    below = [_layer(CONTACT_SENTENCES_BELOW, layer, rng) for layer in layers[:-1]]
    return [*below, _layer(CONTACT_SENTENCES, layers[-1], rng)]


def _layer(templates: tuple[str, ...], layer: Layer, rng: random.Random, **words: str) -> str:
    if layer.material in NO_THICKNESS:
        templates = tuple(text for text in templates if " nm" not in text)
    material, verb = _word(rng, MATERIALS[layer.material]), _word(rng, PROCEDURES[layer.procedure])
    detail = _detail(layer.procedure, rng)
    return _fill(rng, rng.choice(templates), material=material, verb=verb, detail=detail, **words)


def _perovskite(device: Device, rng: random.Random) -> list[str]:
    words = {"formula": _word(rng, formula_wordings(device.composition))}
    words["lead"], words["salts"] = _precursors(device.composition)
    sentences = []
    for number, step in enumerate(device.steps):
        sentences.append(_step(step, number, len(device.steps), words, rng))
        if number == 0 and device.additives:
            templates = PRISTINE if device.additives == ("Undoped",) else PEROVSKITE_ADDITIVES
            adds = _compounds(device.additives, rng)
            sentences.append(_fill(rng, rng.choice(templates), adds=adds))
        if step.procedure == "Spin-coating" and len(device.steps) == 1 and rng.random() < 0.2:
            sentences.append(_fill(rng, rng.choice(ANTISOLVENT)))
        if step.annealing:
            last = number == len(device.steps) - 1
            stages = " and then ".join(_stage(*stage, rng) for stage in step.annealing)
            sentences.append(_fill(rng, rng.choice(ANNEALING if last else DRYING), stages=stages))
    return sentences


def _step(step: Step, number: int, steps: int, words: dict[str, str], rng: random.Random) -> str:
    verbs = PROCEDURES[step.procedure]
    if steps == 1:
        templates = INKS if step.solvents else DRY_INKS
    elif number == 0:
        templates = LEAD_STEPS if step.solvents else DRY_LEAD_STEPS
    else:
        templates = SALT_BATHS if step.procedure == "CBD" else SALT_STEPS
        verbs = DIPPING if step.procedure == "CBD" else verbs
    return _fill(
        rng,
        rng.choice(templates),
        solvents=_solvents(step.solvents, rng),
        verb=_word(rng, verbs),
        detail=_detail(step.procedure, rng),
        **words,
    )


def _precursors(composition: Composition) -> tuple[str, str]:
    """Metal halides and A-site salts: ("PbI2 and PbBr2", "FAI and MAI")."""
    halides = [ion for ion, _ in composition.halides[::-1]]
    metals = [f"{metal}{halide}2" for metal, _ in composition.metals for halide in halides]
    salts = [f"{cation.strip('()')}{halides[0]}" for cation, _ in composition.cations]
    return _join(metals), _join(salts)


def _solvents(solvents: tuple[str, ...], rng: random.Random) -> str:
    if not solvents:
        return rng.choice(SOLVENTS["none"])
    names = [_word(rng, SOLVENTS[name]) for name in _sometimes_shuffled(rng, solvents)]
    if len(names) == 1:
        return names[0]
    one, other = names
    ratio = f"({rng.choice((4, 7, 9))}:{rng.choice((1, 2, 3))} v/v)"
    return rng.choice(
        (f"{one}/{other} {ratio}", f"{one} and {other} {ratio}", f"{one}:{other} {ratio}")
    )


def _stage(temperature: int, minutes: int | None, rng: random.Random) -> str:
    if minutes is None:
        return f"{temperature} °C"
    time = _word(rng, duration_wordings(minutes))
    return rng.choice(STAGES).format(t=temperature, time=time)


def _results(device: Device, rng: random.Random) -> list[str]:
    texts = [_stability(device.stability, rng)]
    if device.area:
        texts.append(_fill(rng, rng.choice(AREAS), area=_word(rng, area_wordings(device.area))))
    if device.cells_per_substrate:
        n = rng.choice(COUNTS[device.cells_per_substrate])
        texts.append(rng.choice(PER_SUBSTRATE).format(n=n))
    if device.semitransparent:
        low_high = " between {} and {} nm".format(*device.wavelengths) if device.wavelengths else ""
        flag = rng.choice(FLAGS["Cell_semitransparent"])
        texts.append(_fill(rng, rng.choice(CLEAR), flag=flag, range=low_high))
    if device.module:
        stripes, flag = rng.choice(("Three", "Seven", "Nine")), rng.choice(FLAGS["Module"])
        text = rng.choice(MODULES)
        n = stripes if text.startswith("{n}") else stripes.lower()
        texts.append(text.format(n=n, flag=flag))
    return texts


def _stability(test: Stability | None, rng: random.Random) -> str:
    if test is None:
        return rng.choice(UNTESTED)
    return rng.choice(STABILITY).format(
        gas=_word(rng, ATMOSPHERES[test.atmosphere]),
        heat=_heat(test.temperature, rng),
        cells=f"{rng.choice(COUNTS[test.cells])} cells" if test.cells > 1 else "the devices",
        end=test.pce_end,
        start=f" of {test.pce_initial} %" if test.pce_initial else "",
        time=_word(rng, exposure_wordings(test.hours)),
    )


def _heat(ends: tuple[int, int] | None, rng: random.Random) -> str:
    if not ends:
        return ""
    low, high = ends
    if low != high:
        return f" at {low} to {high} °C"
    return " at room temperature" if low == 25 and rng.random() < 0.4 else f" at {low} °C"


def _detail(procedure: str, rng: random.Random) -> str:
    return _fill(rng, rng.choice(DETAILS.get(procedure, ("",))))


def _compounds(names: tuple[str, ...], rng: random.Random) -> str:
    names = _sometimes_shuffled(rng, names)
    return _join([_word(rng, COMPOUNDS.get(name, (name,))) for name in names])


def _join(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _word(rng: random.Random, words: tuple[str, ...]) -> str:
    """The first wording half of the time, as the usual name of a thing is."""
    return words[0] if rng.random() < 0.5 else rng.choice(words)


def _shuffled(rng: random.Random, items) -> list:
    items = list(items)
    rng.shuffle(items)
    return items


def _sometimes_shuffled(rng: random.Random, items) -> list:
    return _shuffled(rng, items) if rng.random() < 0.3 else list(items)


def _fill(rng: random.Random, template: str, **words: str) -> str:
    """The template with `words`, their capitalised forms, and numbers that belong to no field."""
    words |= {key.capitalize(): _capitalised(value) for key, value in words.items()}
    for name in PLACEHOLDER.findall(template):
        if name not in words:
            words[name] = str(rng.choice(NUMBERS[name]))
    return template.format(**words)


def _capitalised(text: str) -> str:
    """A capital where the text begins with a word; symbols such as `c-TiO2` and `tBP` stay."""
    return text[:1].upper() + text[1:] if text[:3].isalpha() and text[:3].islower() else text
