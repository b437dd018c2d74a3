"""The private parts of Hugging Face's Trainer that training stands on, all of them in this module.

Trainer has no public hooks for what `masterkey.training.trainer` changes. So its private methods are
overridden here, once, and hand on to methods that a subclass may change; its private counters are
read and written here. `missing_parts` says which of them a version of transformers lacks, and
tests/training/test_trainer_internals.py asks it. (A plain loop on accelerate would need none of this,
but would have to do what Trainer does with FSDP, DeepSpeed, schedulers, checkpoints and reports.)
"""

import inspect
from collections.abc import Callable
from typing import NamedTuple

import torch
from accelerate.state import GradientState
from accelerate.utils import TorchDynamoPlugin
from transformers import Trainer

# Methods that are overridden, with the parameters that are named here: Trainer must call them.
_OVERRIDDEN = {
    "create_accelerator_and_postprocess": (),
    "_build_accelerator_args": ("kwargs",),
    "_prepare_for_training": ("max_steps", "train_dataloader", "resume_from_checkpoint"),
    "_load_optimizer_and_scheduler": ("checkpoint",),
    "_run_epoch": (),
    "_get_grad_norm": ("model", "grad_norm"),
    "_save_checkpoint": ("model", "trial"),
    "save_model": ("output_dir", "_internal_call"),
    "_save": ("output_dir", "state_dict"),
}
_CALLED = {"_prepare_inputs": ("inputs",)}
_COUNTERS = ("_tr_loss", "_total_loss_scalar", "_globalstep_last_logged")


def missing_parts(trainer_class: type = Trainer, gradient_state: type = GradientState) -> list[str]:
    """What this module takes for granted and the two classes do not have, in words; none is right.

    `trainer_class` is transformers' Trainer, `gradient_state` accelerate's GradientState.
    """
    source, missing = inspect.getsource(trainer_class), []
    for name, parameters in {**_OVERRIDDEN, **_CALLED}.items():
        method = getattr(trainer_class, name, None)
        if method is None:
            missing.append(f"Trainer.{name} is not there")
            continue
        known = inspect.signature(method).parameters
        missing += [f"Trainer.{name} has no {one}" for one in parameters if one not in known]
        if name in _OVERRIDDEN and f"self.{name}(" not in source:
            missing.append(f"Trainer.{name} is not called by Trainer")
    missing += [
        f"Trainer.{name} is not there" for name in _COUNTERS if f"self.{name} " not in source
    ]
    if not hasattr(gradient_state, "_set_sync_gradients"):
        missing.append("GradientState._set_sync_gradients is not there")
    return missing


class LogCounts(NamedTuple):
    """What Trainer has counted of losses, the mean of all processes."""

    loss_since_log: float  # sum over the steps behind the last log line
    last_logged_step: int
    total_loss: float  # sum over the steps up to there


class OpenTrainer(Trainer):
    """A Trainer whose private methods call those of the first part, which a subclass may change."""

    def finish_accelerator(self) -> None:
        """Called when the accelerator is there."""

    def begin(self, checkpoint: str | None) -> None:
        """Called before the model is prepared; `checkpoint` is the folder that the run continues from."""

    def describe_prepared_model(self) -> None:
        """Called when the model is wrapped, sharded and ready."""

    def before_loading_optimizer(self) -> None:
        """Called before the optimizer's states of a checkpoint are loaded."""

    def is_over(self) -> bool:
        """Whether the run has nothing more to train when an epoch begins."""
        return False

    def check_gradients(self, norm) -> None:
        """Called with the norm of a step's gradients, before the weights take it."""

    def save_checkpoint(self, write: Callable[[], None]) -> None:
        """Save a checkpoint, whose files `write` writes."""
        write()

    def weights_to_write(self, weights: dict) -> dict:
        """The weights that go into a file, of those that were gathered (name → tensor)."""
        return weights

    def save_beside_weights(self, folder: str) -> None:
        """Called behind the writing of a model, or of adapters, into `folder`."""

    # What a subclass may use

    def write_model(self, folder: str, weights: dict) -> None:
        """`weights` as a folder for `from_pretrained`, with tokenizer and configuration."""
        self._save(folder, state_dict=weights)

    def on_device(self, inputs: dict) -> dict:
        """A micro-batch's tensors on this process's device."""
        return self._prepare_inputs(inputs)

    def exchange_gradients(self, now: bool) -> None:
        """Whether accelerate exchanges gradients, and clips them, after the next backward pass."""
        self.accelerator.gradient_state._set_sync_gradients(now)

    @property
    def total_loss(self) -> float:
        """Sum of the steps' losses up to the last log line, over all starts of the run."""
        return self._total_loss_scalar

    def log_counts(self) -> LogCounts:
        loss = self.accelerator.reduce(self._tr_loss.detach().clone(), "mean")
        return LogCounts(loss.item(), self._globalstep_last_logged, self._total_loss_scalar)

    def restore_log_counts(
        self, loss_since_log: float, last_logged_step: int, total_loss: float
    ) -> None:
        """Go on counting from `log_counts`, as training begins."""
        self._tr_loss += loss_since_log
        self._globalstep_last_logged = last_logged_step
        self._total_loss_scalar = total_loss

    # Trainer's own

    def create_accelerator_and_postprocess(self) -> None:
        super().create_accelerator_and_postprocess()
        self.finish_accelerator()

    def _build_accelerator_args(self, **kwargs) -> dict:
        """Without accelerate's torch.compile: the layers are compiled already (`masterkey.training.compilation`)."""
        no_compilation = TorchDynamoPlugin(backend="no")
        return {**super()._build_accelerator_args(**kwargs), "dynamo_plugin": no_compilation}

    def _prepare_for_training(self, max_steps, train_dataloader, resume_from_checkpoint):
        self.begin(resume_from_checkpoint)
        prepared = super()._prepare_for_training(
            max_steps, train_dataloader, resume_from_checkpoint
        )
        self.describe_prepared_model()
        return prepared

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint:
            self.before_loading_optimizer()
        super()._load_optimizer_and_scheduler(checkpoint)

    def _run_epoch(self, *args, **kwargs) -> None:
        if self.is_over():
            self.control.should_training_stop = True
            return
        super()._run_epoch(*args, **kwargs)

    def _get_grad_norm(self, model, grad_norm=None) -> torch.Tensor | float | None:
        norm = super()._get_grad_norm(model, grad_norm)
        self.check_gradients(norm)
        return norm

    def _save_checkpoint(self, model, trial) -> None:
        save = super()._save_checkpoint
        self.save_checkpoint(lambda: save(model, trial))

    def _save(self, output_dir: str | None = None, state_dict: dict | None = None) -> None:
        if state_dict is not None:
            state_dict = self.weights_to_write(state_dict)
        super()._save(output_dir, state_dict)
        self.save_beside_weights(self.args.output_dir if output_dir is None else output_dir)
