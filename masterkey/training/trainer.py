"""Hugging Face's Trainer, fed with whole optimizer steps and with the loss of the answers alone.

What it changes, and why:

- An item of the data loader is one step's rows, split into micro-batches under a token budget
  (`masterkey.training.batches.steps`), so that neither packing nor the number of processes changes which rows make
  a step, and no tokens are spent on padding that could be saved.
- The loss of a step is the mean over its answer tokens on all processes, not a mean of means.
- A loss or gradient that is not finite stops the run before the weights take it, and names the rows.
- Checkpoints are whole or known not to be (`masterkey.training.resuming.saving`); signals end the run behind one.
- Log lines carry tokens per second, padding share, model FLOPs utilisation and memory.

Trainer's private parts are in `masterkey.training.trainer_internals`; here its hooks are filled in.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

import torch
from torch.utils.data import DataLoader
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    ProgressCallback,
    TrainerCallback,
)
from transformers.trainer_utils import EvalLoopOutput
from transformers.utils.logging import disable_progress_bar

from masterkey.scripting.command_line import UserError
from masterkey.scripting.processes import from_first_process
from masterkey.training.batches.collators import StepCollator, StepRows
from masterkey.training.batches.steps import Arrangement, StepSampler
from masterkey.training.batches.tokenised_rows import TokenisedRows
from masterkey.training.compilation import without_compilation
from masterkey.training.freed_memory import give_back_freed_memory
from masterkey.training.log import Meter, progress_callback
from masterkey.training.recomputing import keep_products, recompute_every
from masterkey.training.resuming.saving import save_whole_checkpoint
from masterkey.training.resuming.stops import (
    SafeStops,
    is_finite_norm,
    progress_of,
    restore_progress,
)
from masterkey.training.sharding import (
    count_parameters,
    describe_shards,
    finish_accelerator,
    prepare_optimizer_for_loading,
    save_whole_model,
    without_tied_copies,
    writes_no_weights,
)
from masterkey.training.trainer_internals import OpenTrainer
from masterkey.weights.base_record import save_record


class AnswerTrainer(OpenTrainer):
    """Trainer for `TokenisedRows`; `arrangement` says how a step's rows become micro-batches."""

    def __init__(
        self,
        *,
        arrangement: Arrangement,
        meter: Meter,
        recompute_every: int = 1,
        scorer=None,
        run_settings=None,
        base_record=None,
        **kwargs,
    ):
        self.arrangement = arrangement
        self.meter = meter
        self.recompute_every = recompute_every
        self.scorer = scorer  # of masterkey.training.evaluation, where answers are scored
        self.run_settings = (
            run_settings  # of masterkey.training.resuming.run_settings, kept in each checkpoint
        )
        self.base_record = (
            base_record  # of masterkey.weights.base_record, where adapters are trained
        )
        self.continued_from = None  # the step of the checkpoint that this start began with
        self._checkpoint = None
        disable_progress_bar()  # transformers' own, of written files, would cut through the run's
        super().__init__(**kwargs)
        self.n_parameters = count_parameters(self.model)
        self.n_trained = count_parameters(self.model, only_trainable=True)
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        self.add_callback(progress_callback())
        self.add_callback(_Boundaries(self))
        self.safe_stops = SafeStops(self)
        self.add_callback(self.safe_stops)

    def train(self, *args, **kwargs):
        try:
            return super().train(*args, **kwargs)
        finally:
            self.safe_stops.put_back()

    # Processes

    def finish_accelerator(self) -> None:
        finish_accelerator(self)

    def begin(self, checkpoint: str | None) -> None:
        self._checkpoint = checkpoint and Path(checkpoint)

    def describe_prepared_model(self) -> None:
        if self.is_sharded and self.is_world_process_zero():
            n_processes = self.args.world_size
            print(describe_shards(self.model_wrapped, self.n_parameters, n_processes), flush=True)

    @property
    def is_sharded(self) -> bool:
        return self.is_fsdp_enabled or self.is_deepspeed_enabled

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """A folder for `from_pretrained`, also where checkpoints are saved in shards."""
        if not _internal_call and writes_no_weights(self):
            return save_whole_model(self, output_dir or self.args.output_dir)
        super().save_model(output_dir, _internal_call)

    def weights_to_write(self, weights: dict) -> dict:
        return without_tied_copies(self.accelerator.unwrap_model(self.model), weights)

    def save_beside_weights(self, folder: str) -> None:
        # Another process would write while the first one moves what is there to its place.
        if self.base_record and self.args.should_save:
            save_record(folder, self.base_record)

    # Checkpoints

    def before_loading_optimizer(self) -> None:
        prepare_optimizer_for_loading(self)

    def save_checkpoint(self, write: Callable[[], None]) -> None:
        save_whole_checkpoint(self, write)

    def progress(self) -> dict:
        return progress_of(self)

    def restore_progress(self) -> None:
        if self._checkpoint:
            self.continued_from = self.state.global_step
            restore_progress(self, self._checkpoint)

    def is_over(self) -> bool:
        # Trainer would train one step more where a run continues from its last step, in mid-epoch,
        # and on where it was killed between its early stop and the saving of its model.
        return self.state.global_step >= self.state.max_steps or self._has_stopped_early()

    def _has_stopped_early(self) -> bool:
        return any(
            callback.early_stopping_patience_counter >= callback.early_stopping_patience
            for callback in self.callback_handler.callbacks
            if isinstance(callback, EarlyStoppingCallback)
        )

    # Data

    def get_train_dataloader(self) -> DataLoader:
        """Steps of this process; accelerate must not share them out a second time."""
        self.sampler = self._step_sampler(self.train_dataset, shuffle=True)
        return self._loader(self.train_dataset, self.sampler)

    def get_eval_dataloader(self, eval_dataset=None) -> DataLoader:
        rows = self.eval_dataset if eval_dataset is None else eval_dataset
        return self._loader(rows, self._step_sampler(rows, shuffle=False))

    def _step_sampler(self, rows: TokenisedRows, shuffle: bool) -> StepSampler:
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        return StepSampler(
            rows.lengths,
            rows.lengths - rows.n_prompts,
            self.arrangement,
            process=self.args.process_index,
            seed=seed,
            shuffle=shuffle,
        )

    def _loader(self, rows: TokenisedRows, sampler: StepSampler) -> DataLoader:
        n_workers = self.args.dataloader_num_workers
        return DataLoader(
            StepRows(rows),
            batch_sampler=sampler,
            collate_fn=StepCollator(
                self.processing_class, self.arrangement.packed, self.arrangement.pad_to
            ),
            num_workers=n_workers,
            prefetch_factor=self.args.dataloader_prefetch_factor,
            persistent_workers=self.args.dataloader_persistent_workers and n_workers > 0,
            pin_memory=self.args.dataloader_pin_memory and torch.cuda.is_available(),
        )

    # Steps

    def training_step(self, model, inputs, num_items_in_batch=None) -> torch.Tensor:
        """Forward and backward of all micro-batches; the step's loss, as this process sees it.

        Gradients and logged losses are averaged over the processes, so each one's share is
        multiplied by their number: the average is the mean over all answer tokens of the step.
        """
        model.train()
        if hasattr(self.optimizer, "train"):
            self.optimizer.train()
        self.step = step = inputs["step"]
        micro_batches = inputs["micro_batches"]
        losses = []
        for i, micro_batch in enumerate(micro_batches):
            last = i == len(micro_batches) - 1
            self.exchange_gradients(last)
            with self._accumulating(model, last):
                loss = self._loss(model, micro_batch, step)
                self._backward(loss)
            losses.append(loss.detach())
            if self.args.device.type == "cpu":
                give_back_freed_memory()
        total = torch.stack(losses).sum()
        if not torch.isfinite(total):
            self._stop_at_rows(step, losses)
        return total

    def _loss(self, model, micro_batch: dict, step) -> torch.Tensor:
        inputs = self.on_device(micro_batch)
        with self.compute_loss_context_manager():
            loss = model(**inputs, num_items_in_batch=step.n_answer_tokens).loss
        return loss * self.args.world_size

    def _accumulating(self, model, last: bool):
        """Gradients of replicas are exchanged once a step; sharded ones at once, to hold a share."""
        if last or self.is_sharded or self.args.world_size == 1:
            return contextlib.nullcontext()
        return self.accelerator.no_sync(model)

    def _backward(self, loss: torch.Tensor) -> None:
        # The loss is divided by the whole step's tokens already.
        kwargs = {"scale_wrt_gas": False} if self.is_deepspeed_enabled else {}
        self.accelerator.backward(loss, **kwargs)

    def _stop_at_rows(self, step, losses: list[torch.Tensor]) -> None:
        for loss, rows in zip(losses, step.micro_batches, strict=True):
            if not torch.isfinite(loss):
                raise UserError(self._not_finite(f"the loss is {loss.item()}", rows))

    def check_gradients(self, norm) -> None:
        # In float16 the scaler looks for such gradients itself, and skips the step.
        if not self.args.fp16 and not is_finite_norm(norm):
            rows = [row for micro_batch in self.step.micro_batches for row in micro_batch]
            raise UserError(self._not_finite("the gradients are not finite", rows))

    def _not_finite(self, what: str, rows: list[int]) -> str:
        names = ", ".join(self.train_dataset.name(row) for row in sorted(rows)[:8])
        more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
        return (
            f"step {self.state.global_step + 1}: {what} on {names}{more}; the weights have not taken "
            "it. Look at these rows, or lower --learning_rate."
        )

    def floating_point_ops(self, inputs) -> float:
        return self.meter.count(inputs["step"]) / self.args.world_size

    def log(self, logs: dict, start_time: float | None = None) -> None:
        if "loss" in logs:
            logs.update(self.meter.lap())
        if "train_loss" in logs:  # of all starts of the run, where Trainer knows the last one
            logs["train_loss"] = self.total_loss / max(1, self.state.global_step)
        super().log(logs, start_time)

    # Evaluation

    def evaluation_loop(
        self,
        dataloader,
        description,
        prediction_loss_only=None,
        ignore_keys=None,
        metric_key_prefix="eval",
    ) -> EvalLoopOutput:
        """Loss of the evaluation rows: the mean over all their answer tokens."""
        model = self.model_wrapped
        model.eval()
        total = torch.zeros((), device=self.args.device)
        n_tokens = 0
        with torch.no_grad():
            for inputs in dataloader:
                step = inputs["step"]
                for micro_batch in inputs["micro_batches"]:
                    loss = self._loss(model, micro_batch, step).detach()
                    total += loss.float() * step.n_answer_tokens
                n_tokens += step.n_answer_tokens
        # Each process multiplied its share by their number.
        loss = self.accelerator.reduce(total, "mean").item() / max(n_tokens, 1)
        metrics = {"loss": loss, **self._scores()}
        return EvalLoopOutput(
            predictions=None,
            label_ids=None,
            metrics={f"{metric_key_prefix}_{name}": value for name, value in metrics.items()},
            num_samples=len(dataloader.dataset),
        )

    def _scores(self) -> dict[str, float]:
        """The task's score of generated answers, that of the first process on all of them.

        All answer the same rows. But a token that one GPU rounds otherwise must not let one process
        stop early, or take a checkpoint for the best, and the others wait for it.
        """
        if self.scorer is None:
            return {}
        sharded = self.is_sharded
        model = self.model_wrapped if sharded else self.accelerator.unwrap_model(self.model)
        if hasattr(model, "get_base_model") and not sharded:
            model = model.get_base_model()  # the adapters' layers are inside
        with without_compilation():
            scores = self.scorer.score(model, sharded)
        return from_first_process(scores, self.args.world_size)


class _Boundaries(TrainerCallback):
    """What must be set when training, or an epoch, begins, and counted when it ends."""

    def __init__(self, trainer: AnswerTrainer):
        self.trainer = trainer

    def on_train_begin(self, args, state, control, model=None, **kwargs):
        if args.gradient_checkpointing:
            recompute_every(model, self.trainer.recompute_every)
            plain = not (args.torch_compile or self.trainer.is_sharded)
            if args.device.type == "cpu" and plain:
                keep_products(model)
        self.trainer.meter.start()

    def on_train_end(self, args, state, control, **kwargs):
        self.trainer.meter.lap()  # the steps behind the last log line belong to the totals

    def on_epoch_begin(self, args, state, control, **kwargs):
        # Each epoch is shuffled differently, a resumed one as it was.
        sampler = self.trainer.sampler
        sampler.set_epoch(state.global_step // len(sampler))
