"""review.py with readers that answer at once: who reads papers and devices is tested elsewhere.

python scripted_page.py PATH --port N …       (the flags of review.py)
"""

from reviewed_papers import FIELDS

import review
from masterkey.predicting.readers import Reader
from masterkey.review.performance import Performance
from masterkey.review.uploads import Uploads
from masterkey.rows.predictions import Prediction
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import run


def papers_reader() -> Reader:
    """Reads every paper as the invented one."""
    answer = schema.format_sii_answer(FIELDS)
    more = {"confidence": dict.fromkeys(FIELDS, 0.9)}
    return Reader("scripted", lambda row: Prediction(answer, more))


def devices_reader() -> Reader:
    """PCE is the number of letters of the hole conductor; Voc has no interval."""

    def answer(row):
        pce = len(schema.parse_mdp_input(row.input)["HTL_stack_sequence"])
        values = {"Voc": "1.1", "Jsc": "22", "FF": "0.7", "PCE": str(pce)}
        interval = {name: [0.5, 25.0] for name in values} | {"Voc": None}
        return Prediction(schema.format_mdp_answer(values), {"interval": interval})

    return Reader("scripted", answer)


def scripted_readers(papers, arguments):
    return Performance(devices_reader), Uploads(papers, papers_reader)


if __name__ == "__main__":
    review.readers = scripted_readers
    run(review.main, review.Arguments, review.__doc__)
