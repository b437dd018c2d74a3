"""What a training run says while it runs: loss, learning rate, real tokens/s, padding, MFU, memory."""

import sys
import time
from dataclasses import dataclass, field

from masterkey.scripting.command_line import UserError
from masterkey.scripting.tables import number_text
from masterkey.training.batches.steps import Step


@dataclass
class Meter:
    """Counts since the last log line and since the start; all processes' rows are counted.

    `flops_of` gives the floating-point operations that a step's rows need (`masterkey.training.planning.flops`);
    `peak_flops` is what all devices of the run could do in a second, None where not known.
    """

    flops_of: object
    peak_flops: float | None = None
    _since: float = field(default_factory=time.perf_counter)
    _tokens: int = 0
    _slots: int = 0
    _flops: float = 0.0
    total_tokens: int = 0
    total_slots: int = 0
    total_flops: float = 0.0
    total_seconds: float = 0.0

    def start(self) -> None:
        self._since = time.perf_counter()
        self._tokens = self._slots = 0
        self._flops = 0.0

    def leave_out(self, since: float) -> None:
        """Count no time from `since` (of `time.perf_counter`) to now: it went to something else."""
        self._since += time.perf_counter() - max(since, self._since)

    def count(self, step: Step) -> float:
        """Count a step; its floating-point operations."""
        flops = self.flops_of(step.lengths, step.n_answer_tokens)
        self._tokens += sum(step.lengths)
        self._slots += step.n_slots
        self._flops += flops
        return flops

    def lap(self) -> dict[str, float]:
        """Figures since the last lap, which starts the next; empty where nothing was counted."""
        seconds = time.perf_counter() - self._since
        if not self._tokens:
            return {}
        figures = _figures(self._tokens, self._slots, self._flops, seconds, self.peak_flops)
        self.total_tokens += self._tokens
        self.total_slots += self._slots
        self.total_flops += self._flops
        self.total_seconds += seconds
        self.start()
        return figures

    def state(self) -> dict[str, float]:
        """The whole run so far, for a checkpoint."""
        return {
            "tokens": self.total_tokens + self._tokens,
            "slots": self.total_slots + self._slots,
            "flops": self.total_flops + self._flops,
            "seconds": self.total_seconds + time.perf_counter() - self._since,
        }

    def restore(self, state: dict[str, float]) -> None:
        """Go on from a checkpoint's `state`; the totals then cover all starts of the run."""
        self.total_tokens, self.total_slots = state["tokens"], state["slots"]
        self.total_flops, self.total_seconds = state["flops"], state["seconds"]

    def totals(self) -> dict[str, float]:
        """Figures of the whole run so far, in the laps' names."""
        if not self.total_tokens:
            return {}
        figures = _figures(
            self.total_tokens,
            self.total_slots,
            self.total_flops,
            self.total_seconds,
            self.peak_flops,
        )
        return {
            **figures,
            "tokens": self.total_tokens,
            "flops": self.total_flops,
            "seconds": self.total_seconds,
        }


def _figures(tokens, slots, flops, seconds, peak_flops) -> dict[str, float]:
    figures = {
        "tokens_per_second": tokens / seconds,
        "padding_share": 1 - tokens / slots,
        "peak_memory_gb": peak_memory() / 1e9,
    }
    if peak_flops:
        figures["mfu"] = flops / seconds / peak_flops
    return figures


def peak_memory() -> int:
    """Most bytes of memory of this process's accelerator so far; without one, of the process."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def log_line(step: int, n_steps: int, logs: dict) -> str:
    """`step 20/300  loss 1.234  lr 2.0e-05  5,678 tokens/s  padding 3 %  MFU 41 %  peak 71.2 GB`."""
    words = [f"step {step:,}/{n_steps:,}"]
    shown = {
        "loss": "loss {:.4f}",
        "eval_loss": "eval loss {:.4f}",
        "eval_f1": "eval F1 {:.3f}",
        "eval_pce_mae": "eval PCE MAE {} %",
        "learning_rate": "lr {:.2e}",
        "grad_norm": "grad norm {:.2f}",
        "tokens_per_second": "{:,.0f} tokens/s",
    }
    if "eval_pce_mae" in logs:  # huge where the answers are
        logs = {**logs, "eval_pce_mae": number_text(logs["eval_pce_mae"], 2)}
    words += [text.format(logs[name]) for name, text in shown.items() if name in logs]
    if logs.get("eval_pce_readable", 1) < 1:
        words.append(f"readable {logs['eval_pce_readable']:.0%}".replace("%", " %"))
    if "padding_share" in logs:
        words.append(f"padding {logs['padding_share']:.0%}".replace("%", " %"))
    if "mfu" in logs:
        words.append(f"MFU {logs['mfu']:.0%}".replace("%", " %"))
    if "peak_memory_gb" in logs:
        words.append(f"peak {logs['peak_memory_gb']:.1f} GB")
    return "  ".join(words)


def pauses_callback(meter: Meter):
    """A callback that keeps evaluations and checkpoints out of the time that `meter` counts."""
    from transformers import TrainerCallback

    class Pauses(TrainerCallback):
        since = 0.0  # when the last step, or what followed it, ended

        def on_train_begin(self, args, state, control, **kwargs):
            self.since = time.perf_counter()

        def on_step_end(self, args, state, control, **kwargs):
            self.since = time.perf_counter()

        def on_evaluate(self, args, state, control, **kwargs):
            meter.leave_out(self.since)
            self.since = time.perf_counter()

        def on_save(self, args, state, control, **kwargs):
            self.on_evaluate(args, state, control)

    return Pauses()


def check_reporting(training) -> None:
    """Raise `UserError` where --report_to names a service that is unknown, or whose package is missing."""
    from importlib.util import find_spec

    from transformers.integrations import get_available_reporting_integrations
    from transformers.integrations.integration_utils import INTEGRATION_TO_CALLBACK

    modules = {
        "azure_ml": "azureml",
        "flyte": "flytekit",
    }  # those that transformers does not look for
    available = set(get_available_reporting_integrations())
    available |= {name for name, module in modules.items() if find_spec(module)}
    for name in training.report_to:
        if name not in INTEGRATION_TO_CALLBACK:
            raise UserError(
                f"--report_to {name}: is unknown; transformers reports to "
                f"{', '.join(sorted(INTEGRATION_TO_CALLBACK))}, all (that are installed) or none."
            )
        if name not in available:
            raise UserError(
                f"--report_to {name}: the package is not installed; pip install "
                f"{modules.get(name, name)}, or leave the flag out."
            )


def progress_callback():
    """A callback with one progress bar and one `log_line` for each log, on the first process."""
    from tqdm import tqdm
    from transformers import TrainerCallback

    class Progress(TrainerCallback):
        bar = None

        def on_train_begin(self, args, state, control, **kwargs):
            if state.is_world_process_zero:
                self.bar = tqdm(
                    total=state.max_steps,
                    initial=state.global_step,
                    unit="step",
                    dynamic_ncols=True,
                    disable=args.disable_tqdm,
                )

        def on_step_end(self, args, state, control, **kwargs):
            if self.bar is not None:
                self.bar.update(state.global_step - self.bar.n)

        def on_log(self, args, state, control, logs=None, **kwargs):
            if self.bar is not None and {"loss", "eval_loss"} & set(logs):
                self.bar.write(log_line(state.global_step, state.max_steps, logs))
                sys.stdout.flush()

        def on_train_end(self, args, state, control, **kwargs):
            if self.bar is not None:
                self.bar.close()
                self.bar = None

    return Progress()
