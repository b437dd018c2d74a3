"""How a paper says its cell was made, read by rules (issue 14).

`text` cuts it into sections and sentences and finds names, methods and quantities; `inks` tells compositions,
solvents and additives, `layers` what was deposited in which order and how, `cell` areas, flags and ageing tests;
`devices` puts the target device and those beside it together. docs/extractor.md says field by field what comes
from here and what from the rankers.
"""
