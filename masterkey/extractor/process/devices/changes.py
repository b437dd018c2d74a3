"""What a kind of device beside the target changes in its findings (issue 14)."""

from masterkey.extractor.process.devices.electrodes import (
    make_contact,
    make_flexible,
    make_opaque,
    make_rigid,
    make_semitransparent,
    make_single,
)
from masterkey.extractor.process.devices.kinds import (
    CELLS,
    COMPARISON,
    CONTROL,
    FLEXIBLE,
    OPAQUE,
    RIGID,
    SEMITRANSPARENT,
    SINGLE,
    SORT,
    TANDEM,
)
from masterkey.extractor.process.devices.tandem_cells import make_tandem

# Kind of device → what changes its findings (in place).
CHANGES = {
    OPAQUE: make_opaque,
    SEMITRANSPARENT: make_semitransparent,
    SINGLE: make_single,
    RIGID: make_rigid,
    FLEXIBLE: make_flexible,
    TANDEM: make_tandem,
    CELLS: make_contact,
    CONTROL: make_contact,
    COMPARISON: make_contact,
    SORT: make_contact,
}
