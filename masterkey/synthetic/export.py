"""An invented CSV export in the form of the Perovskite Database: 410 columns, for tests and benchmark.

**The column names are from memory of the public schema** (Jacobsson et al., Nature Energy 2022). Those
that the converter reads are those of the published data files; the others, and the order of all, were
not compared with the published export, which was not at hand. They happen to be as many.

Devices are drawn by masterkey/synthetic/draw.py, some six to a paper; nothing was measured. DOIs
begin with `synthetic-`, so that rows made of them are recognised (masterkey/synthetic/rows.py).
Rows without a DOI and DOIs in two casings are about as many as in the published export; the shares of
the other irregularities are guesses.
"""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from masterkey.database.export_file import DATE, DOI, TARGET_COLUMNS
from masterkey.schema.fields import LONG_FORM
from masterkey.schema.values import BOOLEAN_FIELDS
from masterkey.scripting.files import atomic_write
from masterkey.synthetic.device import Device, schema_fields
from masterkey.synthetic.draw import draw_device
from masterkey.synthetic.performance import measured_targets

_ATMOSPHERE = """synthesis_atmosphere synthesis_atmosphere_pressure_total
    synthesis_atmosphere_pressure_partial synthesis_atmosphere_relative_humidity"""
_SOLUTIONS = """solvents solvents_mixing_ratios solvents_supplier solvents_purity
    reaction_solutions_compounds reaction_solutions_compounds_supplier
    reaction_solutions_compounds_purity reaction_solutions_concentrations
    reaction_solutions_volumes reaction_solutions_age reaction_solutions_temperature
    substrate_temperature"""
_DEPOSITION = [
    f"deposition_{name}"
    for name in f"""procedure aggregation_state_of_reactants {_ATMOSPHERE} {_SOLUTIONS}
    thermal_annealing_temperature thermal_annealing_time thermal_annealing_atmosphere""".split()
]
_STORAGE = """storage_time_until_next_deposition_step storage_atmosphere storage_relative_humidity
    surface_treatment_before_next_deposition_step""".split()
_ADDITIVES = ["additives_compounds", "additives_concentrations"]
_FURTHER_LAYER = [
    "function",
    "stack_sequence",
    "thickness_list",
    *_ADDITIVES,
    *_DEPOSITION,
    *_STORAGE,
]
_LIGHT = ["type", "brand_name", "simulator_class"]
_SCAN = "Voc Jsc FF PCE Vmp Jmp series_resistance shunt_resistance".split()
_LIFETIMES = "T95 Ts95 T80 Ts80 Te80 Tse80 after_1000_h".split()


def _group(prefix: str, names: list[str] | str) -> list[str]:
    return [f"{prefix}_{name}" for name in (names.split() if isinstance(names, str) else names)]


COLUMNS = (
    *_group("Ref", """ID ID_temp name_of_person_entering_the_data data_entered_by_author DOI_number
        lead_author publication_date journal part_of_initial_dataset original_filename_data_upload
        free_text_comment internal_sample_id"""),
    *_group("Cell", """stack_sequence area_total area_measured number_of_cells_per_substrate
        architecture flexible flexible_min_bending_radius semitransparent semitransparent_AVT
        semitransparent_wavelength_range semitransparent_raw_data"""),
    "Module",
    *_group("Module", """number_of_cells_in_module area_total area_effective
        JV_data_recalculated_per_cell"""),
    *_group("Substrate", """stack_sequence thickness area supplier brand_name deposition_procedure
        surface_roughness_rms etching_procedure cleaning_procedure"""),
    *_group("ETL", ["stack_sequence", "thickness", *_ADDITIVES, *_DEPOSITION, *_STORAGE]),
    *_group("Perovskite", """single_crystal dimension_0D dimension_2D dimension_2D3D_mixture
        dimension_3D dimension_3D_with_2D_capping_layer dimension_list_of_layers
        composition_perovskite_ABC3_structure composition_perovskite_inspired_structure
        composition_a_ions composition_a_ions_coefficients composition_b_ions
        composition_b_ions_coefficients composition_c_ions composition_c_ions_coefficients
        composition_none_stoichiometry_components_in_excess composition_short_form
        composition_long_form composition_assumption composition_inorganic composition_leadfree
        additives_compounds additives_concentrations thickness band_gap band_gap_graded
        band_gap_estimation_basis pl_max"""),
    *_group("Perovskite_deposition", f"""number_of_deposition_steps procedure
        aggregation_state_of_reactants {_ATMOSPHERE} {_SOLUTIONS}
        quenching_induced_crystallisation quenching_media quenching_media_mixing_ratios
        quenching_media_volume quenching_media_additives_compounds
        quenching_media_additives_concentrations thermal_annealing_temperature
        thermal_annealing_time thermal_annealing_atmosphere thermal_annealing_relative_humidity
        thermal_annealing_pressure solvent_annealing solvent_annealing_timing
        solvent_annealing_solvent_atmosphere solvent_annealing_time solvent_annealing_temperature
        after_treatment_of_formed_perovskite after_treatment_of_formed_perovskite_method"""),
    *_group("Perovskite", _STORAGE),
    *_group("HTL", ["stack_sequence", "thickness_list", *_ADDITIVES, *_DEPOSITION, *_STORAGE]),
    *_group("Backcontact", ["stack_sequence", "thickness_list", *_ADDITIVES, *_DEPOSITION, *_STORAGE]),
    "Add_lay_front", *_group("Add_lay_front", _FURTHER_LAYER),
    "Add_lay_back", *_group("Add_lay_back", _FURTHER_LAYER),
    "Encapsulation",
    *_group("Encapsulation", """stack_sequence edge_sealing_materials atmosphere_for_encapsulation
        water_vapour_transmission_rate oxygen_transmission_rate"""),
    *_group("JV", f"""measured average_over_n_number_of_cells certified_values
        certification_institute storage_age_of_cell storage_atmosphere storage_relative_humidity
        test_atmosphere test_relative_humidity test_temperature
        {" ".join(f"light_source_{name}" for name in _LIGHT)}
        light_intensity light_spectra light_wavelength_range light_illumination_direction
        light_masked_cell light_mask_area scan_speed scan_delay_time scan_integration_time
        scan_voltage_step preconditioning_protocol preconditioning_time preconditioning_potential
        preconditioning_light_intensity"""),
    *_group("JV_reverse_scan", _SCAN), *_group("JV_forward_scan", _SCAN),
    "JV_link_raw_data", *TARGET_COLUMNS.values(),
    *(f"{column}_scan_direction" for column in TARGET_COLUMNS.values()), "JV_hysteresis_index",
    *_group("Stabilised_performance", """measured procedure procedure_metrics measurement_time PCE
        Vmp Jmp link_raw_data"""),
    *_group("EQE", "measured light_bias integrated_Jsc link_raw_data"),
    *_group("Stability", f"""measured protocol average_over_n_number_of_cells
        {" ".join(f"light_source_{name}" for name in _LIGHT)} light_intensity light_spectra
        light_wavelength_range light_illumination_direction light_load_condition
        light_cycling_times light_UV_filter potential_bias_load_condition potential_bias_range
        potential_bias_passive_resistance temperature_load_condition temperature_range
        temperature_cycling_times temperature_ramp_speed atmosphere
        atmosphere_oxygen_concentration relative_humidity_load_conditions relative_humidity_range
        relative_humidity_average_value time_total_exposure periodic_JV_measurements
        periodic_JV_measurements_time_between_jv PCE_initial_value PCE_burn_in_observed
        PCE_end_of_experiment {" ".join(f"PCE_{name}" for name in _LIFETIMES)}
        lifetime_energy_yield flexible_cell_number_of_bending_cycles flexible_cell_bending_radius
        flexible_cell_PCE_initial_value flexible_cell_PCE_end_of_experiment
        link_raw_data_for_stability_trace"""),
    *_group("Outdoor", f"""tested protocol average_over_n_number_of_cells location_country
        location_city location_coordinates location_climate_zone installation_tilt
        installation_cardinal_direction installation_number_of_solar_tracking_axis time_season
        time_start time_end time_total_exposure potential_bias_load_condition
        potential_bias_range potential_bias_passive_resistance temperature_load_condition
        temperature_range temperature_tmodule periodic_JV_measurements
        periodic_JV_measurements_time_between_measurements PCE_initial_value
        PCE_burn_in_observed PCE_end_of_experiment
        {" ".join(f"PCE_{name}" for name in _LIFETIMES)} power_generated
        link_raw_data_for_outdoor_trace detaild_weather_data_available
        link_detailed_weather_data spectral_data_available link_spectral_data
        irradiance_measured link_irradiance_data"""),
)  # fmt: skip

DEVICES_PER_PAPER = 6
# Shares of the devices: without PCE, a newline in a value, FF in percent, a PCE of another measurement.
NO_PCE, NEWLINE, PERCENT, STABILISED = 0.03, 0.002, 0.002, 0.1
SAME_RECIPE, UPPER_CASE = 0.3, 0.001  # the device before, measured again; the DOI in capitals
NO_DOI = 0.005  # share of the papers
YEARS = (
    2013,
    2020,
)  # of the papers, as in the published export; a device does not depend on its year
BOOLEANS = {"TRUE": ("TRUE", "True", "true", "1"), "FALSE": ("FALSE", "False", "false", "0")}
# What the columns that nothing reads hold: about as many bytes as those of the published export.
OTHER_VALUES = ("", "", "", "Unknown", "nan", "nan; nan", "Unknown")


def write_export(path: str | Path, n_rows: int, seed: int) -> None:
    """Write an invented export of `n_rows` devices. The same arguments give the same file."""
    with atomic_write(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(export_rows(n_rows, seed))


def export_rows(n_rows: int, seed: int) -> Iterator[list[str]]:
    """Rows of an export, each a list of 410 values."""
    rng = random.Random(f"export/{seed}")
    for number in range(n_rows):
        if number % DEVICES_PER_PAPER == 0:
            doi = _draw_doi(rng, number // DEVICES_PER_PAPER)
            date = _draw_date(f"export/{seed}/date/{number // DEVICES_PER_PAPER}")
        if number % DEVICES_PER_PAPER == 0 or rng.random() >= SAME_RECIPE:
            device = draw_device(rng)
        used = _values(device, rng) | {DOI: doi.upper() if rng.random() < UPPER_CASE else doi}
        used[DATE] = date
        other = rng.choices(OTHER_VALUES, k=len(COLUMNS))
        yield [used.get(name, value) for name, value in zip(COLUMNS, other, strict=True)]


def _draw_doi(rng: random.Random, paper: int) -> str:
    return "" if rng.random() < NO_DOI else f"synthetic-10.0000/paper.{paper:05d}"


def _draw_date(paper: str) -> str:
    """A day of a paper, from random numbers of its own."""
    rng = random.Random(paper)
    return f"{rng.randint(*YEARS)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def _values(device: Device, rng: random.Random) -> dict[str, str]:
    """One measurement of a device: the values of the columns that are read, but for the DOI."""
    values = schema_fields(device)
    targets = measured_targets(device, rng)
    if rng.random() < STABILISED:
        targets["PCE"] = f"{float(targets['PCE']) * rng.uniform(0.85, 1):.2f}"
    if rng.random() < PERCENT:
        targets["FF"] = f"{float(targets['FF']) * 100:.0f}"
    if rng.random() < NO_PCE:
        targets["PCE"] = ""
    for name in sorted(BOOLEAN_FIELDS):  # a set has no order that is the same everywhere
        values[name] = rng.choice(BOOLEANS[values[name]])
    if rng.random() < NEWLINE:
        values[LONG_FORM] = values[LONG_FORM].replace("Pb", "\nPb")
    return values | {column: targets[name] for name, column in TARGET_COLUMNS.items()}
