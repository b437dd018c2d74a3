"""What is said where nothing can be loaded from a path; loading itself is tested by the scripts."""

import pytest

from masterkey.scripting.command_line import UserError
from masterkey.weights.checkpoints import check_checkpoint, load_model, load_tokenizer, new_model


@pytest.mark.parametrize(
    "load",
    [load_tokenizer, load_model, lambda path: new_model(path, None, 0)],
    ids=["tokenizer", "model", "configuration"],
)
@pytest.mark.parametrize("path", ["./missing", "runs/missing/model"])
def test_a_wrong_path_is_no_hub_name(load, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"no such folder; check the path") as error:
        load(path)
    assert path in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_above_a_checkpoint_names_it(tmp_path):
    (tmp_path / "sii_model").mkdir()
    (tmp_path / "sii_model" / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"no checkpoint; did you mean .*sii_model\?"):
        check_checkpoint(str(tmp_path))
