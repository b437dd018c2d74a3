"""Fine-tune a causal language model on instruction rows (`instruction`, `input`, `output`).

A tiny LLaMA from scratch, on a laptop (about 3 minutes on 2 cores):

    python train.py configs/tiny.yaml \\
        --data_path data/sample/sii_train.json data/sample/mdp_train.json \\
        --tokenizer_name runs/tokenizer --output_dir runs/tiny

A checkpoint, on 4 GPUs:

    torchrun --nproc_per_node=4 train.py \\
        --model_name_or_path PATH_TO_CHECKPOINT --data_path data/sii360.json \\
        --output_dir runs/sii_model --num_train_epochs 3 --learning_rate 2e-5 --bf16 True

The first argument may be a recipe (configs/*.yaml): its lines are flags, and flags behind it win.
Every flag of Hugging Face's TrainingArguments is taken; `--help_training` lists them all.

The loss is on the answer only. Where prompt and answer exceed --model_max_length, the input text is
shortened, never the answer. The checkpoint folder gets the prompt style, which the test scripts
read, and train_summary.json.
"""

import sys
from dataclasses import asdict, dataclass, field

from masterkey.command_line import UserError, parse_arguments, user_errors
from masterkey.recipes import expand_recipe, refuse_unknown_flags


@dataclass
class ModelArguments:
    model_name_or_path: str | None = field(
        default=None, metadata={"help": "checkpoint to fine-tune: a folder or a hub name"}
    )
    config_name: str | None = field(
        default=None,
        metadata={
            "help": "train from scratch: a model configuration (folder, JSON file, hub name)"
        },
    )
    tokenizer_name: str | None = field(
        default=None, metadata={"help": "tokenizer, where it is not the checkpoint's own"}
    )


@dataclass
class DataArguments:
    data_path: list[str] | None = field(
        default=None, metadata={"help": "one or more JSON or JSONL files of training rows"}
    )
    eval_data_path: str | None = field(
        default=None, metadata={"help": "rows for the evaluation loss (with --eval_strategy)"}
    )
    prompt_style: str = field(
        default="alpaca",
        metadata={"help": "text around instruction and input; saved with the model"},
    )
    model_max_length: int = field(
        default=2048, metadata={"help": "most tokens of prompt and answer; the input is shortened"}
    )
    keep_markers: bool = field(
        default=False,
        metadata={
            "help": "train on the literal <s>, </s>, ### and @@@ of the published files, too"
        },
    )


@dataclass
class OwnArguments(DataArguments, ModelArguments):
    """What `--help` shows: the flags that are not Hugging Face's."""


def main(argv: list[str]) -> None:
    if "--help" in argv or "-h" in argv:
        parse_arguments(OwnArguments, __doc__, ["--help"])
    model_arguments, data, training = parse(argv)

    import torch
    from transformers import Trainer, set_seed

    from masterkey.checkpoints import load_model, load_tokenizer, new_model
    from masterkey.encoding import AnswerCollator
    from masterkey.prompts import PromptSettings

    set_seed(training.seed)
    tokenizer = load_tokenizer(model_arguments.tokenizer_name or model_arguments.model_name_or_path)
    settings = PromptSettings(data.prompt_style, data.keep_markers)
    rows = load_rows(data, training, tokenizer, settings)

    if model_arguments.model_name_or_path:
        model = load_model(model_arguments.model_name_or_path, "float32")
    else:
        model = new_model(model_arguments.config_name, tokenizer, training.seed)
    refuse_short_context(model, data.model_max_length)
    report(
        training, f"model: {model.num_parameters():,} parameters, {torch.get_num_threads()} threads"
    )

    trainer = Trainer(
        model=model,
        args=training,
        train_dataset=rows["train"],
        eval_dataset=rows.get("eval"),
        data_collator=AnswerCollator(tokenizer),
        processing_class=tokenizer,
    )
    outcome = trainer.train(resume_from_checkpoint=training.resume_from_checkpoint)

    trainer.save_model()
    if trainer.is_world_process_zero():
        save_beside_weights(trainer, outcome, model_arguments, data, settings, rows["train"])
        report(training, f"saved: {training.output_dir}")


def parse(argv: list[str]):
    """(ModelArguments, DataArguments, TrainingArguments) from recipe and flags, checked."""
    import torch
    from transformers import HfArgumentParser, TrainingArguments

    from masterkey.prompts import build_prompt

    parser = HfArgumentParser(
        (ModelArguments, DataArguments, TrainingArguments), allow_abbrev=False
    )
    if "--help_training" in argv:
        parser.parse_args(["--help"])
    argv = expand_recipe(argv)
    refuse_unknown_flags(argv, {name[2:] for name in parser._option_string_actions})
    parser.error = raise_user_error
    if not torch.accelerator.is_available():
        # Else accelerate takes each process that torchrun starts for a run of its own.
        argv = ["--use_cpu", "True", *argv]
    try:
        model, data, training, rest = parser.parse_args_into_dataclasses(
            argv, return_remaining_strings=True, look_for_args_file=False
        )
    # TrainingArguments refuses flags that do not go together, or that need a GPU or a package.
    except (ValueError, ImportError) as error:
        raise UserError(f"the flags do not go together: {' '.join(str(error).split())}") from None
    if rest:
        raise UserError(f"{rest[0]}: belongs to no flag; a recipe (.yaml) must come first.")
    if not data.data_path:
        raise UserError("--data_path: is missing; name one or more files of training rows.")
    if not training.output_dir:
        raise UserError("--output_dir: is missing; name a folder for the trained model.")
    if bool(model.model_name_or_path) == bool(model.config_name):
        raise UserError(
            "Name either --model_name_or_path (fine-tune a checkpoint) or --config_name "
            "(train from scratch)."
        )
    if model.config_name and not model.tokenizer_name:
        raise UserError(
            "--tokenizer_name: is missing; --config_name needs one (data/train_tokenizer.py makes it)."
        )
    build_prompt(data.prompt_style, "")
    training.remove_unused_columns = False
    return model, data, training


def raise_user_error(message: str):
    raise UserError(message)


def load_rows(data: DataArguments, training, tokenizer, settings) -> dict[str, list[dict]]:
    """Encoded rows of the "train" files and, where one is named, the "eval" file."""
    files = {"train": data.data_path}
    if data.eval_data_path:
        files["eval"] = [data.eval_data_path]
    return {
        split: [
            row for path in paths for row in encode_file(path, data, training, tokenizer, settings)
        ]
        for split, paths in files.items()
    }


def encode_file(path: str, data: DataArguments, training, tokenizer, settings) -> list[dict]:
    """The rows of one file as {"input_ids", "labels"}; prints how many inputs were shortened."""
    from masterkey.encoding import encode_training_rows
    from masterkey.records import read_rows

    rows = read_rows(path, answers="required")
    encoded = encode_training_rows(rows, tokenizer, settings, data.model_max_length, path)
    n_shortened = sum(row.shortened for row in encoded)
    n_tokens = sum(len(row.input_ids) for row in encoded)
    report(
        training,
        f"{path}: {len(rows)} rows, {n_tokens:,} tokens, {n_shortened} with the input shortened to "
        f"fit {data.model_max_length} tokens; no answer was cut",
    )
    return [{"input_ids": row.input_ids, "labels": row.labels} for row in encoded]


def refuse_short_context(model, max_length: int) -> None:
    context = getattr(model.config, "max_position_embeddings", None)
    if context and max_length > context:
        raise UserError(
            f"--model_max_length {max_length}: the model takes at most {context} tokens; "
            f"give --model_max_length {context} or less."
        )


def save_beside_weights(trainer, outcome, model_arguments, data, settings, rows) -> None:
    """prompt_style.json and train_summary.json in the output folder."""
    from dataclasses import replace
    from pathlib import Path

    from masterkey.encoding import IGNORED
    from masterkey.files import write_json
    from masterkey.prompts import save_settings
    from masterkey.provenance import provenance

    folder = Path(trainer.args.output_dir)
    longest = max(sum(label != IGNORED for label in row["labels"]) for row in rows)
    save_settings(folder, replace(settings, longest_answer=longest))
    summary = {
        **provenance(data.data_path),
        "seed": trainer.args.seed,
        "n_rows": len(rows),
        "n_parameters": trainer.model.num_parameters(),
        "metrics": outcome.metrics,
        "log": trainer.state.log_history,
        "arguments": {
            **asdict(model_arguments),
            **asdict(data),
            **trainer.args.to_sanitized_dict(),
        },
    }
    write_json(folder / "train_summary.json", summary)


def report(training, text: str) -> None:
    """Print once, on the first process of the first machine."""
    if training.process_index == 0:
        print(text, flush=True)


if __name__ == "__main__":
    with user_errors():
        main(sys.argv[1:])
