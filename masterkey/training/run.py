"""A training run around the trainer: its parts put together, described, and summed up at the end."""

from pathlib import Path

from masterkey.scripting.tables import number_text
from masterkey.training.batches.steps import Arrangement, refuse_small_budget
from masterkey.training.batches.tokenised_rows import TokenisedRows, tokenised_rows
from masterkey.training.evaluation import SCORE_NAMES
from masterkey.training.flags.arguments import DataArguments, OwnArguments
from masterkey.training.log import Meter, pauses_callback
from masterkey.training.summary import optimizer_line, plain_model, training_summary


def training_rows(
    data: DataArguments, tokens_per_batch: int, training, tokenizer, settings
) -> dict[str, TokenisedRows]:
    """Rows of the "train" files and, where one is named, of the "eval" file.

    Raises `UserError` where a row does not fit into a pass of `tokens_per_batch` tokens.
    """
    files = {"train": data.data_path}
    if data.eval_data_path:
        files["eval"] = [data.eval_data_path]
    rows = {
        split: tokenised_rows(
            paths, tokenizer, settings, data.model_max_length, data.cache_dir, training
        )
        for split, paths in files.items()
    }
    for of_split in rows.values():  # now, and not when the first evaluation begins
        refuse_small_budget(of_split.lengths, tokens_per_batch)
    return rows


def arrangement_of(training, tokens_per_batch: int, packed: bool, pad_to: int) -> Arrangement:
    """How the rows of a step become passes; see `Arrangement`."""
    return Arrangement(
        rows_per_step=training.rows_per_step,
        tokens_per_batch=tokens_per_batch,
        packed=packed,
        pad_to=pad_to,
        n_processes=training.world_size,
    )


def meter_of(training, model, trainable: str) -> Meter:
    """Counts tokens and operations; utilisation only where the device's peak is known."""
    from masterkey.training.planning.flops import training_flops
    from masterkey.training.planning.gpus import peak_flops

    config = model.config
    peak = None
    if training.device.type == "cuda":
        import torch

        peak = peak_flops(torch.cuda.get_device_name(training.device), "bfloat16")
    return Meter(
        lambda lengths, n_answers: training_flops(config, lengths, n_answers, trainable),
        peak * training.world_size if peak else None,
    )


def build_trainer(
    own: OwnArguments,
    training,
    model,
    tokenizer,
    settings,
    rows: dict,
    packed_attention,
    run_settings=None,
):
    """The `AnswerTrainer` of this run; `rows` are `TokenisedRows` "train" and, perhaps, "eval"."""
    from transformers import EarlyStoppingCallback

    from masterkey.training.optimizers import optimizer_class_and_kwargs
    from masterkey.training.trainer import AnswerTrainer
    from masterkey.weights.base_record import record_of

    meter = meter_of(training, model, "adapters" if own.lora_r else "all")
    callbacks = [pauses_callback(meter)]
    if own.early_stopping_patience:
        callbacks.append(EarlyStoppingCallback(own.early_stopping_patience))

    return AnswerTrainer(
        model=model,
        args=training,
        train_dataset=rows["train"],
        eval_dataset=rows.get("eval"),
        processing_class=tokenizer,
        arrangement=arrangement_of(
            training,
            own.tokens_per_batch,
            packed=packed_attention is not None,
            pad_to=own.pad_to_multiple_of,
        ),
        meter=meter,
        recompute_every=own.activation_checkpointing_every,
        scorer=scorer_of(own, own.eval_generate_rows, training, tokenizer, settings),
        callbacks=callbacks,
        run_settings=run_settings,
        base_record=record_of(own.model_name_or_path)
        if own.lora_r and training.should_save
        else None,
        optimizer_cls_and_kwargs=optimizer_class_and_kwargs(
            training, model.parameters(), own.stochastic_rounding
        ),
    )


def scorer_of(data: DataArguments, n_rows: int, training, tokenizer, settings):
    """What scores generated answers of `n_rows` "eval" rows a task; None where none were asked for."""
    if not n_rows:
        return None
    from masterkey.training.evaluation import AnswerScorer

    return AnswerScorer(
        data.eval_data_path,
        n_rows,
        tokenizer,
        settings,
        data.model_max_length,
        training.per_device_eval_batch_size,
        show_progress=training.process_index == 0 and not training.disable_tqdm,
    )


def describe(trainer, packed_attention, stochastic_rounding: bool) -> list[str]:
    """What the run resolved to, before it starts."""
    training, arrangement = trainer.args, trainer.arrangement
    n_all, n_trained = trainer.n_parameters, trainer.n_trained
    trained = f"{n_all:,} parameters" + ("" if n_trained == n_all else f", {n_trained:,} trained")
    n_rows = len(trainer.train_dataset)
    n_steps = -(-n_rows // training.rows_per_step)
    has_adapters = hasattr(trainer.accelerator.unwrap_model(trainer.model), "get_base_model")
    return [
        f"model: {type(plain_model(trainer)).__name__}{' with adapters' if has_adapters else ''}, "
        f"{trained}",
        f"step: {training.per_device_train_batch_size} rows x {training.asked_accumulation_steps} "
        f"accumulated x {training.world_size} process(es) = {training.rows_per_step} rows; "
        f"{n_rows:,} rows make {n_steps:,} steps an epoch",
        f"pass: at most {arrangement.tokens_per_batch:,} tokens, "
        + ("packed" if arrangement.packed else "padded rows of like length"),
        *([packed_attention.reason] if packed_attention else []),
        optimizer_line(trainer, stochastic_rounding),
        *_described_evaluation(trainer),
    ]


def _described_evaluation(trainer) -> list[str]:
    """On what, when and to what end the run evaluates; nothing where it does not."""
    training = trainer.args
    if trainer.eval_dataset is None:
        return []
    often = "at each epoch's end"
    if training.eval_strategy == "steps":
        often = f"every {training.eval_steps:g} steps"
    words = [f"evaluation: loss of {len(trainer.eval_dataset):,} rows {often}"]
    if trainer.scorer:
        answered = (
            f"eval_{SCORE_NAMES[task]} of {len(rows)} answered {task.upper()} rows"
            for task, rows in trainer.scorer.rows.items()
        )
        words.append(" and ".join(answered))
    if training.load_best_model_at_end:
        better = "greatest" if training.greater_is_better else "smallest"
        metric = training.metric_for_best_model.removeprefix("eval_")
        words.append(f"the checkpoint with the {better} eval_{metric} is kept")
    return ["; ".join(words)]


def save_beside_weights(trainer, outcome, record: dict, settings) -> list[str]:
    """prompt_style.json, train_summary.json and README.md into the output folder; lines to print.

    `record` is `masterkey.training.summary.run_record`, made before the run.
    """
    from dataclasses import asdict

    from masterkey.release.training_card import training_card
    from masterkey.release.training_facts import known_data
    from masterkey.rows.prompts import save_settings
    from masterkey.scripting.files import write_json, write_text
    from masterkey.training.resuming.checkpoint_folder import SUMMARY

    folder = Path(trainer.args.output_dir)
    summary = training_summary(trainer, outcome, record)
    save_settings(folder, settings)
    # Over PEFT's own, which it writes beside an adapter.
    card = training_card(folder.resolve().name, summary, asdict(settings), known_data())
    write_text(folder / "README.md", card)
    write_json(folder / SUMMARY, summary)
    return [*_best(summary), f"saved: {folder} (its README.md is a model card)"]


def _best(summary: dict) -> list[str]:
    run, evaluation = summary["run"], summary["evaluation"]
    if evaluation is None or run["best_step"] is None or run["saved_step"] != run["best_step"]:
        return []
    metric = evaluation["metric_for_best_model"].removeprefix("eval_")
    return [f"best: step {run['best_step']:,}, eval_{metric} {number_text(run['best_metric'], 4)}"]
