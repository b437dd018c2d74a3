"""Writing checkpoints and the final model, so that neither is ever half there unnoticed.

Older checkpoints go (--save_total_limit) only when the new one is known to be whole
(masterkey/training/resuming/checkpoint_folder.py says how that is known).
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from masterkey.scripting.files import write_json
from masterkey.training.resuming.checkpoint_folder import MANIFEST, file_sizes
from masterkey.training.resuming.write_errors import sync_tree, write_errors


def save_whole_checkpoint(trainer, save: Callable[[], None]) -> None:
    """Call `save`, which writes checkpoint-N of Trainer, and make sure that it is whole. On all processes.

    Raises `UserError` where it cannot be written; the ones before are kept.
    """
    args, first = trainer.args, trainer.is_world_process_zero()
    folder = Path(args.output_dir) / f"checkpoint-{trainer.state.global_step}"
    progress = trainer.progress()
    with write_errors(trainer, folder):
        if first:
            shutil.rmtree(folder, ignore_errors=True)
            write_json(folder / MANIFEST, {"whole": False})
    trainer.accelerator.wait_for_everyone()
    # Trainer would delete older checkpoints before the other processes have written theirs.
    limit, args.save_total_limit = args.save_total_limit, None
    try:
        with write_errors(trainer, folder, others_wait=_others_wait(trainer)):
            save()
            if trainer.is_local_process_zero():
                sync_tree(folder)
    finally:
        args.save_total_limit = limit
    # Where the processes did not agree above; and none may leave before the manifest is there.
    trainer.accelerator.wait_for_everyone()
    with write_errors(trainer, folder):
        if first:
            write_json(folder / MANIFEST, _manifest(trainer, folder, progress))
            _rotate(trainer, limit)


def _others_wait(trainer) -> bool:
    """Whether processes wait for each other inside `save`, so that one that fails must not go on."""
    best = trainer.state.best_global_step
    return bool(trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled or best)


def _manifest(trainer, folder: Path, progress: dict) -> dict:
    settings = trainer.run_settings
    return {
        "whole": True,
        "step": trainer.state.global_step,
        "max_steps": trainer.state.max_steps,
        "resumable": not trainer.args.save_only_model,
        "settings": settings.fixed if settings else {},
        "rounding": settings.rounding if settings else {},
        "progress": progress,
        "files": file_sizes(folder),
    }


def _rotate(trainer, limit: int | None) -> None:
    from transformers.trainer_utils import rotate_checkpoints

    # By step: times of writing say nothing where checkpoints were copied.
    rotate_checkpoints(
        trainer.args.output_dir, limit, trainer.state.best_model_checkpoint, use_mtime=False
    )


def save_final_model(trainer) -> None:
    """Trainer.save_model() into the output folder, which never holds half a model. On all processes."""
    output_dir = Path(trainer.args.output_dir)
    unfinished = output_dir / ".unfinished"
    first = trainer.is_world_process_zero()
    if first:
        shutil.rmtree(unfinished, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    with write_errors(trainer, unfinished, others_wait=_others_wait(trainer)):
        trainer.save_model(str(unfinished))
        if first:
            sync_tree(unfinished)
    if first:
        _move_model(unfinished, output_dir)
    trainer.accelerator.wait_for_everyone()


def _move_model(source: Path, target: Path) -> None:
    from masterkey.weights.checkpoints import weight_files

    stale = {path.name for path in weight_files(target)} - {path.name for path in source.iterdir()}
    for path in [*source.iterdir()]:
        path.replace(target / path.name)
    for name in stale:  # a model that was saved in other parts
        (target / name).unlink()
    source.rmdir()
