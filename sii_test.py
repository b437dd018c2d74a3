"""Predict device schemas (SII): the experimental section of a paper → 31 fields.

    python sii_test.py --model runs/demo/sii_model
    python sii_test.py --model runs/demo/sii_model --data_path data/sample/sii_test.json \\
        --output_path runs/demo/sii_predictions.jsonl

With --model alone, the published test rows are predicted (data/sii40.json; where they are not, the
invented ones of data/sample) and the file is runs/MODEL_sii.jsonl.

New papers need no answers: a JSON list of {"input": "the experimental section …"} will do. Each
finished row is one JSON line (masterkey/rows/predictions.py describes it); the settings and versions go
to ….header.json beside it. A run that was killed continues where it stopped when the same command
is given again. Greedy by default; the published sampling is `--do_sample --seed 0`.

Score the result with sii_evaluate.py.
"""

from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.run import predict_file
from masterkey.scripting.command_line import run


def main(arguments: PredictionArguments) -> None:
    predict_file("sii", arguments)


if __name__ == "__main__":
    run(main, PredictionArguments, __doc__)
