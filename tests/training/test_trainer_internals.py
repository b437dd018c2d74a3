"""What training takes for granted of transformers' Trainer: whether the installed version has it."""

import transformers

from masterkey.training.trainer_internals import OpenTrainer, missing_parts


class LaterTrainer:
    """A Trainer of some later release, in which nearly all has another name."""

    def _save(self, output_dir=None):
        self._tr_loss = self._save(output_dir)

    def _run_epoch(self):
        pass


def test_this_transformers_has_all_that_training_stands_on():
    missing = missing_parts()
    assert not missing, (
        f"transformers {transformers.__version__} cannot train here: {'; '.join(missing)}. Bring "
        "masterkey/training/trainer_internals.py up to it, or pin the version before in requirements.txt."
    )
    # And of a version that lacks them, each is named.
    missing = missing_parts(LaterTrainer, gradient_state=object)
    assert "Trainer._get_grad_norm is not there" in missing
    assert "Trainer._save has no state_dict" in missing
    assert "Trainer._run_epoch is not called by Trainer" in missing
    assert "Trainer._total_loss_scalar is not there" in missing
    assert "GradientState._set_sync_gradients is not there" in missing
    assert not any("_tr_loss" in one for one in missing)


def test_the_hooks_have_no_names_that_trainer_itself_uses():
    hooks = {name for name in vars(OpenTrainer) if not name.startswith("_")}
    taken = {name for name in hooks if hasattr(transformers.Trainer, name)}
    assert taken == {"create_accelerator_and_postprocess"}
