"""The flags that sii_evaluate.py and regression_evaluate.py have in common."""

from dataclasses import dataclass, field

from masterkey.scripting.command_line import UserError


@dataclass
class EvaluationArguments:
    predictions: list[str] = field(
        metadata={
            "help": "prediction files of the same rows; the others are compared with the first",
            "positional": True,
        }
    )
    data_path: str | None = field(
        default=None,
        metadata={"help": "data file with the answers, where the predictions lack them"},
    )
    partial: bool = field(
        default=False,
        metadata={"help": "score files of which rows are missing, as of a run that was killed"},
    )
    output_path: str | None = field(
        default=None, metadata={"help": "scores to write (default: beside the first file)"}
    )
    n_resamples: int = field(default=2000, metadata={"help": "bootstrap resamples"})
    seed: int = field(default=0, metadata={"help": "seed of the bootstrap"})

    def check(self) -> None:
        """Raise `UserError` for flags that make no sense."""
        if self.n_resamples < 1:
            raise UserError(f"--n_resamples {self.n_resamples}: must be at least 1.")
        if self.seed < 0:
            raise UserError(f"--seed {self.seed}: must not be negative.")
        if self.output_path and not self.output_path.endswith(".json"):
            raise UserError(f"--output_path {self.output_path}: holds JSON; name it ….json.")
