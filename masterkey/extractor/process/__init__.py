"""How a paper says its cell was made: sections, operations on layers in order, devices (issue 14).

Rules written from general knowledge read what the text states, for names that no training paper has.
docs/extractor.md says field by field what comes from here and what from the rankers.
"""
