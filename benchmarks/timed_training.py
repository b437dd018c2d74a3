"""One training run with a clock on its steps, for benchmarks/train_throughput.py; prints one JSON line.

    python benchmarks/timed_training.py train.py FLAGS…      # train.py, in this process
    python benchmarks/timed_training.py trl FLAGS…           # TRL's SFTTrainer on the same rows
    python benchmarks/timed_training.py plain FLAGS…         # Hugging Face's Trainer, full logits
    python benchmarks/timed_training.py answers FLAGS…       # the same with the answers' loss

FLAGS are those of train.py. The other trainers get what all have: the model with the same first
weights, the rows as train.py encodes them, and Hugging Face's own flags. Two more are for them alone:
`--trl_defaults` leaves bf16 and gradient_checkpointing to TRL, `--by_length` draws batches of like length.
"""

import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(kind: str, argv: list[str]) -> None:
    # Hugging Face's Trainer would cut batches up over all GPUs; train.py takes one without torchrun.
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")
    import masterkey  # noqa: F401  first: it sets how threads wait

    clock = clocked_trainers()
    if kind == "train.py":
        import train

        train.main(argv)
        folder = Path(argv[argv.index("--output_dir") + 1])
        throughput = json.loads((folder / "train_summary.json").read_text())["throughput"]
        n_tokens, mfu = throughput["tokens"], throughput.get("mfu")
    else:
        trainer, mfu = other_trainer(kind, argv), None
        n_tokens = sum(map(len, trainer.train_dataset["input_ids"]))
        trainer.train()
    print(
        json.dumps(
            {
                "n_tokens": n_tokens,
                "n_steps": len(clock.ends),
                "seconds": clock.ends[-1] - clock.start,
                "seconds_of_steps": clock.seconds(),
                "train_loss": clock.loss,
                "mfu": mfu,
                "peak_mb": peak_mb(),
                "mb_at_start": clock.mb_at_start,
            }
        )
    )


def clocked_trainers():
    """A clock that every Trainer of this process carries from now on."""
    from transformers import TrainerCallback, trainer

    class Clock(TrainerCallback):
        def on_train_begin(self, args, state, control, **kwargs):
            type(self).ends, type(self).loss = [], None
            type(self).mb_at_start = peak_mb()
            type(self).start = time.perf_counter()

        def on_step_end(self, args, state, control, **kwargs):
            wait_for_the_device()
            type(self).ends.append(time.perf_counter())

        def on_log(self, args, state, control, logs=None, **kwargs):
            type(self).loss = (logs or {}).get("train_loss", type(self).loss)

        @classmethod
        def seconds(cls) -> list[float]:
            starts = [cls.start, *cls.ends]
            return [round(end - start, 4) for start, end in zip(starts, cls.ends, strict=False)]

    trainer.DEFAULT_CALLBACKS.append(Clock)
    return Clock


def wait_for_the_device() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.synchronize()


def peak_mb() -> int:
    """Most memory so far: of the GPU as PyTorch allocated it, else of this process."""
    from masterkey.training.log import peak_memory

    return round(peak_memory() / 1e6)


def other_trainer(kind: str, argv: list[str]):
    """A Trainer that is not train.py's, on the rows, model and flags of train.py's `argv`."""
    from transformers import DataCollatorForSeq2Seq, Trainer, TrainingArguments, set_seed

    from masterkey.training.flags.arguments import parse_training_arguments
    from masterkey.weights.checkpoints import load_tokenizer

    own_words = {"--trl_defaults", "--by_length"}.intersection(argv)
    own, training, _ = parse_training_arguments([w for w in argv if w not in own_words])
    set_seed(training.seed)
    tokenizer = load_tokenizer(own.tokenizer_name)
    rows, model = encoded_rows(own, tokenizer), new_model(own, training, tokenizer)
    flags = {
        name: getattr(training, name)
        for name in (
            *("output_dir", "num_train_epochs", "max_steps", "learning_rate", "seed", "bf16"),
            *("per_device_train_batch_size", "save_strategy", "report_to", "disable_tqdm", "optim"),
            *("gradient_checkpointing", "use_cpu", "lr_scheduler_type", "torch_compile"),
        )
    }
    if "--by_length" in own_words:
        flags["train_sampling_strategy"] = "group_by_length"
    if kind == "trl":
        from trl import SFTConfig, SFTTrainer

        if "--trl_defaults" in own_words:
            del flags["bf16"], flags["gradient_checkpointing"]
        flags["dataset_kwargs"] = {"skip_prepare_dataset": True}
        return SFTTrainer(
            model=model, args=SFTConfig(**flags), train_dataset=rows, processing_class=tokenizer
        )
    if kind == "answers":
        from masterkey.training.loss import use_answer_loss

        use_answer_loss(model, own.loss_chunk_size)
    return Trainer(
        model=model,
        args=TrainingArguments(**flags),
        train_dataset=rows,
        data_collator=DataCollatorForSeq2Seq(tokenizer),
        processing_class=tokenizer,
    )


def encoded_rows(own, tokenizer):
    """A `datasets` table of input_ids and labels, prompts masked."""
    from datasets import Dataset

    from masterkey.rows.encoding import encode_training_rows
    from masterkey.rows.prompts import PromptSettings
    from masterkey.rows.records import read_rows

    (path,) = own.data_path
    settings = PromptSettings(own.prompt_style, own.keep_markers)
    rows = encode_training_rows(
        read_rows(path, answers="required"), tokenizer, settings, own.model_max_length, path
    )
    return Dataset.from_list([{"input_ids": r.input_ids, "labels": r.labels} for r in rows])


def new_model(own, training, tokenizer):
    from masterkey.weights import checkpoints

    return checkpoints.new_model(own.config_name, tokenizer, training.seed, own.dtype)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
