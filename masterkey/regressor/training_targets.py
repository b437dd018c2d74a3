"""The measured numbers of training devices, looked at before anything is learned from them.

FF in % beside FF as a fraction, and a PCE of 60 %, are slips of the pen or of a table's header. A FF in
% is converted, what no cell of one junction can have is left out for that target alone, and both are
counted and said.
"""

from collections import Counter

from masterkey.rows.device_rows import FF_PERCENT
from masterkey.schema.fields import MDP_TARGETS, TARGET_UNITS
from masterkey.schema.targets import POSSIBLE

# Of one junction under one sun (Shockley and Queisser): 33.7 %.
MOST = {name: most for name, (_, most) in POSSIBLE.items()} | {"PCE": 34.0}


def usable(targets: list[dict]) -> tuple[list[dict], list[str]]:
    """(the targets with a FF below 1, None where a number is impossible; what was done, as sentences)."""
    converted, impossible, first = 0, Counter(), {}
    found = []
    for row, numbers in enumerate(targets, 1):
        own = dict(numbers)
        if own["FF"] is not None and FF_PERCENT[0] <= own["FF"] <= FF_PERCENT[1]:
            own["FF"], converted = own["FF"] / 100, converted + 1
        for name in MDP_TARGETS:
            if own[name] is not None and not 0 <= own[name] <= MOST[name]:
                impossible[name] += 1
                first.setdefault(name, f"row {row}: {own[name]:g} {TARGET_UNITS[name]}".rstrip())
                own[name] = None
        found.append(own)
    said = [
        f"{n} of {len(targets)} training devices have an impossible {name} ({first[name]}; 0 to "
        f"{MOST[name]:g} can be); they are left out for {name} alone"
        for name, n in impossible.items()
    ]
    if converted:
        said.insert(
            0,
            f"{converted} of {len(targets)} training devices have the FF in %; it is divided by 100",
        )
    return found, said
