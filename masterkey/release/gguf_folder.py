"""A folder with a released model as a GGUF file: for llama.cpp, and for --model of the scripts here."""

from pathlib import Path

from masterkey.rows.prompts import SETTINGS_FILE
from masterkey.scripting.files import write_text
from masterkey.scripting.new_folder import new_folder
from masterkey.weights.gguf_writing import DTYPES, refuse_unwritable, write_gguf
from masterkey.weights.model_files import CONFIG, copy_files, main_dtype
from masterkey.weights.reading import dtype_name

_BESIDE = (SETTINGS_FILE, "LICENSE*", "NOTICE*", "USE_POLICY*")


def release_gguf(
    source, files: list[Path], tokenizer, path: str | Path, dtype: str | None, card: str
) -> Path:
    """Write the new folder `path` with `<its name>.gguf`, the prompt settings, licences and README.md.

    `source` are the weights, `files` folders of what stands beside them, later ones win. `dtype` is a
    key of `DTYPES`, None: that of the weights, else float32. Returns the path of the GGUF file. Raises
    `UserError` where llama.cpp could not read such a model, before anything is written.
    """
    [config_folder] = [folder for folder in files if (folder / CONFIG).exists()][-1:]
    refuse_unwritable(config_folder, tokenizer)
    own = dtype_name(main_dtype(source.tensors))
    dtype = dtype or (own if own in DTYPES else "float32")
    n_bytes = sum(info.n_elements for info in source.tensors.values()) * (
        4 if dtype == "float32" else 2
    )
    name = Path(path).name
    with new_folder(path, n_bytes) as folder:
        write_gguf(source, config_folder, tokenizer, folder / f"{name}.gguf", dtype, name)
        copy_files(files, folder, _BESIDE)
        write_text(folder / "README.md", card)
    return Path(path) / f"{name}.gguf"
