"""Predict Voc, Jsc, FF and PCE (MDP) from device schemas.

    python regression_test.py --model runs/demo/mdp_model
    python regression_test.py --model runs/demo/mdp_model --data_path data/sample/mdp_test.json \\
        --output_path runs/demo/mdp_predictions.jsonl

With --model alone, the published test rows are predicted (data/regression40.json; where they are not, the
invented ones of data/sample) and the file is runs/MODEL_mdp.jsonl.

New devices need no answers: a JSON list of {"input": "Substrate stack sequence: …\\nETL stack …"}
will do. Each finished row is one JSON line (masterkey/rows/predictions.py describes it); the settings and
versions go to ….header.json beside it. A run that was killed continues where it stopped when the
same command is given again. Greedy by default; the published sampling is `--do_sample --seed 0`.

    python regression_test.py --model runs/mdp_model --train learned.json --calibration held_back.json \\
        --data_path devices.json --output_path runs/mdp.jsonl

states beside each number an interval for nine of ten values, calibrated on rows that the model was not
trained on (kept as runs/mdp.calibration.jsonl, which --calibration takes, too), and how the device
resembles the training rows. Without --calibration no interval is claimed.

Score the result with regression_evaluate.py.
"""

from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.run import predict_file
from masterkey.scripting.command_line import run


def main(arguments: PredictionArguments) -> None:
    predict_file("mdp", arguments)


if __name__ == "__main__":
    run(main, PredictionArguments, __doc__)
