"""Ageing of a device in numbers, as language models' records have it.

Their efficiency at the end is one, in %; the database has the share of the initial one in %. Each follows from
the other where the initial one is known.
"""

from masterkey.formats.numbers import as_text, number_of, short


def ageing_numbers(fields: dict[str, str]) -> dict[str, float | None]:
    """time [h], temperature [°C], and the efficiencies at start and end [%], None where not known."""
    start = number_of(fields.get("Stability_PCE_initial_value"))
    share = number_of(fields.get("Stability_PCE_end_of_experiment"))
    ends = {number_of(end) for end in fields.get("Stability_temperature_range", "").split("; ")}
    return {
        "time": number_of(fields.get("Stability_time_total_exposure")),
        "temperature": ends.pop() if len(ends) == 1 else None,
        "start": start,
        "end": None if start is None or share is None else start * share / 100,
    }


def ageing_fields(numbers: dict[str, float | None]) -> dict[str, str]:
    """The fields of `ageing_numbers`: the share in % where both efficiencies are known."""
    time, temperature, start, end = (numbers[k] for k in ("time", "temperature", "start", "end"))
    found = {"Stability_measured": "TRUE"}
    if time is not None:
        found["Stability_time_total_exposure"] = short(time)
    if temperature is not None:
        found["Stability_temperature_range"] = f"{short(temperature)}; {short(temperature)}"
    if start is not None:
        found["Stability_PCE_initial_value"] = as_text(start)
    if start and end is not None:
        found["Stability_PCE_end_of_experiment"] = short(100 * end / start)
    return found
