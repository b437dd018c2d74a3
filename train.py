"""Fine-tune a causal language model on instruction rows (`instruction`, `input`, `output`).

A tiny LLaMA from scratch, on a laptop (about 3 minutes on 2 cores):

    python train.py configs/tiny.yaml \\
        --data_path data/sample/sii_train.json data/sample/mdp_train.json \\
        --tokenizer_name runs/tokenizer --output_dir runs/tiny

LLaMA-7B on one GPU of 80 GB, and sharded over 4 (`--plan` tells first what a run needs):

    python train.py configs/llama_7b_single_80gb.yaml --model_name_or_path PATH_TO_LLAMA_7B \\
        --global_batch_size 8 --data_path data/sii360.json --output_dir runs/sii_model
    torchrun --nproc_per_node=4 train.py configs/sii_llama_7b.yaml \\
        --model_name_or_path PATH_TO_LLAMA_7B --data_path data/sii360.json --output_dir runs/sii_model

The first argument may be a recipe (configs/*.yaml): its lines are flags, and flags behind it win.
Every flag of Hugging Face's TrainingArguments is taken, older names too; `--help_training` lists them.

The loss is on the answer only. Where prompt and answer exceed --model_max_length, the input text is
shortened, never the answer. The checkpoint folder gets the prompt style, which the test scripts
read, train_summary.json, and a model card (README.md).
"""

import sys
from dataclasses import replace

from masterkey.scripting.command_line import parse_arguments, user_errors
from masterkey.training.flags.arguments import OwnArguments, parse_training_arguments


def main(argv: list[str]) -> None:
    if "--help" in argv or "-h" in argv:
        parse_arguments(OwnArguments, __doc__, ["--help"])
    own, training, translated = parse_training_arguments(argv)
    report(training, *translated)
    if own.plan:
        from masterkey.training.planning.plan import print_plan

        return print_plan(own, training, own.plan_gpus)
    train(own, training)


def train(own: OwnArguments, training) -> None:
    from masterkey.training.model import model_to_train
    from masterkey.training.planning.cpu_pass import planner_of
    from masterkey.training.planning.plan import memory_warning
    from masterkey.training.resuming.run_settings import run_settings
    from masterkey.training.resuming.saving import save_final_model
    from masterkey.training.resuming.starts import choose_start
    from masterkey.training.run import build_trainer, describe, save_beside_weights
    from masterkey.training.sharding import join_deepspeed, prepare_arguments
    from masterkey.training.summary import run_record

    check(own, training)
    planner = planner_of(own)
    tokenizer, settings, rows = rows_to_learn(own, training, planner)
    fixed = run_settings(own, training, rows["train"])
    start = choose_start(training, fixed, len(rows["train"]))
    report(training, *start.lines)
    if start.finished:
        return

    report(training, *memory_warning(own, training, planner))
    join_deepspeed(training)
    model, packed_attention = model_to_train(own, training, tokenizer)
    for of_split in rows.values():
        of_split.refuse_unknown_ids(tokenizer, model)
    report(training, *prepare_arguments(training, model))
    trainer = build_trainer(
        own, training, model, tokenizer, settings, rows, packed_attention, fixed
    )
    report(training, *describe(trainer, packed_attention, own.stochastic_rounding))
    record = run_record(own, trainer, packed_attention)
    outcome = trainer.train(resume_from_checkpoint=start.checkpoint)

    save_final_model(trainer)
    if trainer.is_world_process_zero():
        report(training, *save_beside_weights(trainer, outcome, record, settings))


def check(own: OwnArguments, training) -> None:
    """Raise `UserError` for what can be told before anything is read that is large."""
    from masterkey.training.evaluation import check_evaluation
    from masterkey.training.flags.environment import quiet_other_processes
    from masterkey.training.log import check_reporting
    from masterkey.training.planning.base_model import check_base_model

    quiet_other_processes(training)
    check_evaluation(
        training, own.eval_data_path, own.eval_generate_rows, own.early_stopping_patience
    )
    check_reporting(training)
    check_base_model(own)


def rows_to_learn(own: OwnArguments, training, planner):
    """(tokenizer, `PromptSettings`, `TokenisedRows` "train" and, perhaps, "eval")."""
    from transformers import set_seed

    from masterkey.rows.prompts import PromptSettings
    from masterkey.rows.records import empty_answers
    from masterkey.training.planning.cpu_pass import choose_pass
    from masterkey.training.run import training_rows
    from masterkey.weights.checkpoints import load_tokenizer

    set_seed(training.seed)
    tokenizer = load_tokenizer(own.tokenizer_name or own.model_name_or_path)
    settings = PromptSettings(own.prompt_style, own.keep_markers)
    report(training, *empty_answers(own.data_path))
    report(training, *choose_pass(own, training, planner))
    rows = training_rows(own, own.tokens_per_batch, training, tokenizer, settings)
    return tokenizer, replace(settings, longest_answer=rows["train"].longest_answer), rows


def report(training, *lines: str) -> None:
    """Print once, on the first process of the first machine."""
    if training.process_index == 0:
        for line in lines:
            print(line, flush=True)


if __name__ == "__main__":
    with user_errors():
        main(sys.argv[1:])
