"""TrainingArguments for a trainer whose data loader yields whole optimizer steps."""

from dataclasses import dataclass, field

from transformers import TrainingArguments


@dataclass
class StepTrainingArguments(TrainingArguments):
    """Hugging Face's arguments; accumulation happens inside a step.

    `rows_per_step` = per_device_train_batch_size x gradient_accumulation_steps x processes. To
    Trainer and DeepSpeed the accumulation is 1: `masterkey.training.trainer` splits a step itself.
    """

    rows_per_step: int = field(init=False, default=0)
    asked_accumulation_steps: int = field(init=False, default=1)

    def __post_init__(self):
        self.asked_accumulation_steps = self.gradient_accumulation_steps
        self.gradient_accumulation_steps = 1
        self._use_newer_names()
        super().__post_init__()
        self.rows_per_step = (
            self.per_device_train_batch_size * self.asked_accumulation_steps * self.world_size
        )

    @property
    def n_gpu(self) -> int:
        """1, or 0 on a CPU: each process trains on one GPU, however many the machine has.

        Hugging Face's Trainer would cut each batch up over all of them (`nn.DataParallel`), which
        packed rows and a loss that is summed inside the model do not bear.
        """
        return min(self.n_gpus_here, 1)

    @property
    def n_gpus_here(self) -> int:
        """What transformers counts: the machine's GPUs without torchrun, else this process's one."""
        return super().n_gpu

    def _use_newer_names(self) -> None:
        """transformers 5.23 warns where a flag has the one name that 5.17 knows; so fill in the new one."""
        for old, new in (
            ("gradient_checkpointing", "activation_checkpointing"),
            ("gradient_checkpointing_kwargs", "activation_checkpointing_kwargs"),
        ):
            if getattr(self, new, self) is None:  # None: known and not given
                setattr(self, new, getattr(self, old))


def line_on_idle_gpus(training: StepTrainingArguments) -> list[str]:
    """The line that says how to take all GPUs, where a run without torchrun leaves some idle."""
    n_gpus = training.n_gpus_here
    if n_gpus < 2:
        return []
    return [
        f"This machine has {n_gpus} GPUs, and one process trains on one of them: "
        f"torchrun --nproc_per_node={n_gpus} train.py … takes them all."
    ]
