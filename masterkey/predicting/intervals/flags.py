"""The flags of intervals around a language model's Voc, Jsc, FF and PCE."""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError

DEFAULT_SAMPLES = 32
LEAST_SAMPLES = 4


@dataclass
class IntervalArguments:
    """Flags of regression_test.py, and of infer.py for devices."""

    calibration: str | None = field(
        default=None,
        metadata={
            "help": "devices: state an interval, calibrated on these rows with answers that the model was "
            "not trained on, or on the ….calibration.jsonl that was written of them"
        },
    )
    coverage: float = field(
        default=0.9, metadata={"help": "with --calibration: share of values inside the interval"}
    )
    spread_samples: int | None = field(
        default=None,
        metadata={
            "help": "devices: answers drawn to see how far the model's numbers scatter "
            f"({DEFAULT_SAMPLES} with --calibration, else none)"
        },
    )

    def check_intervals(self, task: str, *, free: bool = False) -> None:
        """Raise `UserError` where they make no sense, or cannot be used for `task`.

        `free`: answers are written freely, or by a server.
        """
        if not 0.5 <= self.coverage < 1:
            raise UserError(f"--coverage {self.coverage:g}: give at least 0.5 and less than 1.")
        samples = self.spread_samples
        if samples is not None and samples < LEAST_SAMPLES:
            raise UserError(
                f"--spread_samples {samples}: scatter needs {LEAST_SAMPLES} answers or more."
            )
        flag = "--calibration" if self.calibration else "--spread_samples"
        if not self.calibration and samples is None:
            return
        if task != "mdp":
            raise UserError(
                f"{flag}: is for devices (regression_test.py, infer.py --task mdp or --mdp_model)."
            )
        if free:
            raise UserError(
                f"{flag}: needs the probabilities of the digits, which skeleton decoding on this machine "
                "alone knows; leave --decoding free, --do_sample and --backend server out."
            )

        if self.calibration and not Path(self.calibration).is_file():
            raise UserError(f"--calibration {self.calibration}: no such file; check the path.")

    @property
    def n_samples(self) -> int:
        """How many answers are drawn for each device; 0: none."""
        return self.spread_samples or (DEFAULT_SAMPLES if self.calibration else 0)
