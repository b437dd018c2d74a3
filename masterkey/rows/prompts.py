"""Prompt styles: the text around an instruction and its input, by name.

The same style must serve training and prediction (a mismatch cost 31 points of accuracy in one
public report). So `train.py` writes the style's name into the checkpoint folder, and the test
scripts read it from there.

- `alpaca`: the two templates of Stanford Alpaca, byte for byte (its README, "Data Release").
- `published_test`: what the published test scripts of the paper sent at prediction time,
  `instruction: …, input: …`, for comparing with models that were tested so. The SII script added a
  sentence that asks for a literal `</s>`; that sentence is part of the instruction here too. Rebuilt
  from a description of those scripts: blanks between the parts may differ from theirs.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, write_json

SETTINGS_FILE = "prompt_style.json"

ALPACA_WITH_INPUT = (
    "Below is an instruction that describes a task, paired with an input that provides further "
    "context. Write a response that appropriately completes the request.\n\n"
    "### Instruction:\n{instruction}\n\n### Input:\n{input}\n\n### Response:"
)
ALPACA_WITHOUT_INPUT = (
    "Below is an instruction that describes a task. Write a response that appropriately completes "
    "the request.\n\n### Instruction:\n{instruction}\n\n### Response:"
)
PUBLISHED_SII_SENTENCE = " If prediction is finished, add </s> at the end of the output."


@dataclass(frozen=True)
class PromptParts:
    """A prompt cut around its input: only `input` may be shortened to fit a context."""

    before: str
    input: str
    after: str

    def text(self) -> str:
        return self.before + self.input + self.after


def alpaca(instruction: str, input: str) -> PromptParts:
    """Stanford Alpaca's template with or without input."""
    if not input:
        return PromptParts(ALPACA_WITHOUT_INPUT.replace("{instruction}", instruction), "", "")
    before, after = ALPACA_WITH_INPUT.split("{input}")
    return PromptParts(before.replace("{instruction}", instruction), input, after)


def published_test(instruction: str, input: str) -> PromptParts:
    """The published test scripts' prompt."""
    if instruction == schema.SII_INSTRUCTION:
        instruction += PUBLISHED_SII_SENTENCE
    return PromptParts(f"instruction: {instruction}, input: ", input, "")


STYLES = {"alpaca": alpaca, "published_test": published_test}


def build_prompt(style: str, instruction: str, input: str = "") -> PromptParts:
    """The prompt of one row in the named style. Raises `UserError` for an unknown style."""
    if style not in STYLES:
        raise UserError(f"--prompt_style {style}: unknown; choose one of {', '.join(STYLES)}.")
    return STYLES[style](instruction, input)


@dataclass(frozen=True)
class PromptSettings:
    """What training decides about the text, and prediction must do alike.

    `longest_answer` is the number of tokens of the longest training answer, EOS included; None for
    a checkpoint that was not trained here.
    """

    prompt_style: str
    keep_markers: bool = False
    longest_answer: int | None = None


def save_settings(folder: str | Path, settings: PromptSettings) -> None:
    """Write the settings into a checkpoint folder."""
    write_json(Path(folder) / SETTINGS_FILE, asdict(settings))


def load_settings(folder: str | Path, prompt_style: str | None) -> PromptSettings:
    """The settings to prompt the model in `folder` with (of a file, a GGUF: those beside it).

    `prompt_style` is what the user named with --prompt_style: it wins. Without it the style is the
    one that training saved; a folder without one raises `UserError`, since guessing would silently
    cost accuracy.
    """
    if prompt_style is not None:
        build_prompt(prompt_style, "")
    is_file = Path(folder).is_file()
    path = (Path(folder).parent if is_file else Path(folder)) / SETTINGS_FILE
    if not path.exists():
        if prompt_style is not None:
            return PromptSettings(prompt_style)
        if not path.parent.is_dir():
            raise UserError(
                f"{folder}: no such folder; check the path (for a hub name, add --prompt_style "
                f"{' or '.join(STYLES)})."
            )
        lacks = f"no {SETTINGS_FILE} lies beside it" if is_file else f"has no {SETTINGS_FILE}"
        raise UserError(
            f"{folder}: {lacks}, so the prompt it was trained on is unknown; name it with --prompt_style "
            f"({' or '.join(STYLES)})."
        )
    try:
        saved = PromptSettings(**read_json(path))
    except TypeError as error:
        raise UserError(f"{path}: is not what train.py writes ({error}); train again.") from None
    if prompt_style is not None:
        return replace(saved, prompt_style=prompt_style)
    if saved.prompt_style not in STYLES:
        raise UserError(
            f"{path}: names the prompt style {saved.prompt_style!r}, which this version does not "
            f"know; name one with --prompt_style ({' or '.join(STYLES)})."
        )
    return saved
