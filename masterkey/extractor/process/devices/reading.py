"""What was read of one device of a paper (issue 14)."""

from dataclasses import dataclass, field

from masterkey.extractor.process.text.findings import Finding

TARGET = "target"


@dataclass
class DeviceReading:
    """`role`: target, control, comparison, module, tandem or other; `name`: the text's own words, "" of the target.

    `findings`: field → what was read; fields on which the rules read nothing are left out.
    """

    role: str
    name: str
    findings: dict[str, Finding] = field(default_factory=dict)
