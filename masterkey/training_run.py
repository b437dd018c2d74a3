"""A training run around the trainer: its parts put together, described, and summed up at the end."""

from dataclasses import asdict
from pathlib import Path

from masterkey.batches import Arrangement
from masterkey.tokenised_rows import TokenisedRows, tokenised_rows
from masterkey.training_log import Meter


def training_rows(own, training, tokenizer, settings) -> dict[str, TokenisedRows]:
    """Rows of the "train" files and, where one is named, of the "eval" file."""
    files = {"train": own.data_path}
    if own.eval_data_path:
        files["eval"] = [own.eval_data_path]
    return {
        split: tokenised_rows(
            paths, tokenizer, settings, own.model_max_length, own.cache_dir, training
        )
        for split, paths in files.items()
    }


def arrangement_of(own, training, packed: bool) -> Arrangement:
    return Arrangement(
        rows_per_step=training.rows_per_step,
        tokens_per_batch=own.tokens_per_batch,
        packed=packed,
        pad_to=own.pad_to_multiple_of,
        n_processes=training.world_size,
    )


def meter_of(training, model, trainable: str) -> Meter:
    """Counts tokens and operations; utilisation only where the device's peak is known."""
    from masterkey.devices import peak_flops
    from masterkey.flops import training_flops

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
    own, training, model, tokenizer, settings, rows: dict, packed_attention, run_settings=None
):
    """The `AnswerTrainer` of this run; `rows` are `TokenisedRows` "train" and, perhaps, "eval"."""
    from transformers import EarlyStoppingCallback

    from masterkey.optimizers import optimizer_class_and_kwargs
    from masterkey.trainer import AnswerTrainer

    callbacks = []
    if own.early_stopping_patience:
        callbacks.append(EarlyStoppingCallback(own.early_stopping_patience))

    return AnswerTrainer(
        model=model,
        args=training,
        train_dataset=rows["train"],
        eval_dataset=rows.get("eval"),
        processing_class=tokenizer,
        arrangement=arrangement_of(own, training, packed_attention is not None),
        meter=meter_of(training, model, "adapters" if own.lora_r else "all"),
        recompute_every=own.activation_checkpointing_every,
        scorer=scorer_of(own, training, tokenizer, settings),
        callbacks=callbacks,
        run_settings=run_settings,
        optimizer_cls_and_kwargs=optimizer_class_and_kwargs(
            training, model.parameters(), own.stochastic_rounding
        ),
    )


def scorer_of(own, training, tokenizer, settings):
    """What scores generated answers of the "eval" rows; None where none were asked for."""
    if not own.eval_generate_rows:
        return None
    from masterkey.training_evaluation import AnswerScorer

    return AnswerScorer(
        own.eval_data_path,
        own.eval_generate_rows,
        tokenizer,
        settings,
        own.model_max_length,
        training.per_device_eval_batch_size,
    )


def describe(trainer, packed_attention) -> list[str]:
    """What the run resolved to, before it starts."""
    training, arrangement = trainer.args, trainer.arrangement
    n_all, n_trained = trainer.n_parameters, trainer.n_trained
    trained = f"{n_all:,} parameters" + ("" if n_trained == n_all else f", {n_trained:,} trained")
    n_rows, n_steps = (
        len(trainer.train_dataset),
        -(-len(trainer.train_dataset) // training.rows_per_step),
    )
    model = trainer.accelerator.unwrap_model(trainer.model)
    if has_adapters := hasattr(model, "get_base_model"):
        model = model.get_base_model()
    return [
        f"model: {type(model).__name__}{' with adapters' if has_adapters else ''}, {trained}",
        f"step: {training.per_device_train_batch_size} rows x {training.asked_accumulation_steps} "
        f"accumulated x {training.world_size} process(es) = {training.rows_per_step} rows; "
        f"{n_rows:,} rows make {n_steps:,} steps an epoch",
        f"pass: at most {arrangement.tokens_per_batch:,} tokens, "
        + ("packed" if arrangement.packed else "padded rows of like length"),
        *([packed_attention.reason] if packed_attention else []),
    ]


def save_beside_weights(trainer, outcome, own, settings) -> None:
    """prompt_style.json and train_summary.json in the output folder."""
    from masterkey.files import write_json
    from masterkey.prompts import save_settings
    from masterkey.provenance import provenance

    training = trainer.args
    folder = Path(training.output_dir)
    save_settings(folder, settings)
    files = [*own.data_path, *([own.eval_data_path] if own.eval_data_path else [])]
    summary = {
        **provenance(files),
        "seed": training.seed,
        "n_rows": len(trainer.train_dataset),
        "n_parameters": trainer.n_parameters,
        "rows_per_step": training.rows_per_step,
        "arrangement": asdict(trainer.arrangement),
        "device": device_name(training),
        "n_processes": training.world_size,
        "run": {
            "step": trainer.state.global_step,
            "max_steps": trainer.state.max_steps,
            "continued_from_step": trainer.continued_from,
            "settings": trainer.run_settings.fixed,
        },
        "metrics": outcome.metrics,
        "throughput": trainer.meter.totals(),
        "log": trainer.state.log_history,
        "arguments": {**asdict(own), **training.to_sanitized_dict()},
    }
    write_json(folder / "train_summary.json", summary)


def device_name(training) -> str:
    if training.device.type != "cuda":
        return training.device.type
    import torch

    return torch.cuda.get_device_name(training.device)
