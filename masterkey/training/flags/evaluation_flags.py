"""What --eval_data_path and --early_stopping_patience imply for Hugging Face's flags."""

from masterkey.training.flags.given import GivenFlag, added_flag


def with_evaluations(flags: list[GivenFlag]) -> list[GivenFlag]:
    """`flags` with what the evaluation's flags imply, where it is not given."""
    given = {flag.name: flag.value for flag in flags}  # as argparse: the last counts
    implied = {}
    if "eval_data_path" in given:
        implied["eval_strategy"] = "epoch"
    if "early_stopping_patience" in given:
        implied["load_best_model_at_end"] = "True"
        # The best checkpoint can be kept only where one is saved at each evaluation.
        if given.get("save_strategy", "no") == "no":
            given.pop("save_strategy", None)
            implied["save_strategy"] = given.get("eval_strategy", "epoch")
            if "eval_steps" in given:
                implied["save_steps"] = given["eval_steps"]
    added = [added_flag(name, value) for name, value in implied.items() if name not in given]
    return [*flags, *added]
