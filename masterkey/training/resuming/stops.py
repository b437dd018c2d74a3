"""Stopping and continuing a training run: signals, what the log had counted, numbers that are not finite."""

import os
import signal

import torch
from transformers import TrainerCallback

from masterkey.training.resuming.checkpoint_folder import read_manifest

# SIGTERM: batch systems, torchrun and `kill`; SIGUSR1: Slurm's early warning (--signal=B:USR1@300).
_SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class SafeStops(TrainerCallback):
    """Saves a checkpoint at the end of the step in which a signal came, then leaves with 128 + signal.

    The code is not 0: the work is not done, and what stands behind it in a script must not start.
    Checkpoints of an epoch's last step are written behind the epoch's evaluation, so that a run that
    continues from there does not miss it.
    """

    def __init__(self, trainer):
        self.trainer = trainer
        self.received = 0
        self.stopping = 0  # what all processes agreed on
        self.deferred = False  # a checkpoint that is due behind an evaluation
        self.handlers = {}
        self.process = 0  # the one that trains

    def on_train_begin(self, args, state, control, **kwargs):
        self.trainer.restore_progress()
        self.received = self.stopping = 0
        self.put_back()
        self.process = os.getpid()
        self.handlers = {number: signal.signal(number, self._receive) for number in _SIGNALS}

    def _receive(self, number, frame) -> None:
        if os.getpid() == self.process:
            self.received = number
        else:  # a process that was forked off: it has nothing to save, and must not live on
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    def on_step_end(self, args, state, control, **kwargs):
        self.stopping = self._agreed()
        control.should_save = control.should_save or bool(self.stopping)
        self.deferred = control.should_save and self._evaluated_after(args, state)
        control.should_save = control.should_save and not self.deferred

    def _agreed(self) -> int:
        """The signal that any process received, 0 for none: all must save the same step."""
        if self.trainer.args.world_size == 1:
            return self.received
        number = torch.tensor(self.received, device=self.trainer.args.device)
        torch.distributed.all_reduce(number, torch.distributed.ReduceOp.MAX)
        return int(number.item())

    def _evaluated_after(self, args, state) -> bool:
        at_end = state.global_step % len(self.trainer.sampler) == 0
        return args.eval_strategy == "epoch" and at_end

    def on_epoch_end(self, args, state, control, **kwargs):
        control.should_save = control.should_save or self.deferred

    def on_save(self, args, state, control, **kwargs):
        if not self.stopping:
            return
        if state.is_world_process_zero:
            print(
                f"stopped by {signal.Signals(self.stopping).name} at step {state.global_step:,} of "
                f"{state.max_steps:,}, which is saved; start the same command to continue",
                flush=True,
            )
        # torchrun ends the others as soon as one has left.
        self.trainer.accelerator.wait_for_everyone()
        self.put_back()
        raise SystemExit(128 + self.stopping)

    def on_train_end(self, args, state, control, **kwargs):
        self.put_back()

    def put_back(self) -> None:
        """The handlers that were there before."""
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        self.handlers = {}


def progress_of(trainer) -> dict:
    """What the log has counted and not yet written, and the totals; for a checkpoint's manifest."""
    return {**trainer.log_counts()._asdict(), "meter": trainer.meter.state()}


def restore_progress(trainer, checkpoint) -> None:
    """Go on counting where `progress_of` stood, so that the log of a continued run is that of one run."""
    progress = (read_manifest(checkpoint) or {}).get("progress")
    if progress is None:
        return
    trainer.restore_log_counts(
        progress["loss_since_log"], progress["last_logged_step"], progress["total_loss"]
    )
    trainer.meter.restore(progress["meter"])


def is_finite_norm(norm) -> bool:
    """Whether a gradient norm is finite; DeepSpeed has none before its first step."""
    if norm is None:
        return True
    norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
    return bool(torch.isfinite(torch.as_tensor(norm)))
