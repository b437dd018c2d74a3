"""Prompt styles: the text around an instruction and its input, by name.

The same style must serve training and prediction (a mismatch cost 31 points of accuracy in one
public report). So `train.py` writes the style's name into the checkpoint folder, and the test
scripts read it from there.

- `alpaca`: the two templates of Stanford Alpaca, byte for byte (its README, "Data Release").
- `published_test`: what the published test scripts of the paper sent at prediction time,
  `instruction: …, input: …`, for comparing with models that were tested so. The SII script added a
  sentence that asks for a literal `</s>`; that sentence is part of the instruction here too.
"""

from dataclasses import dataclass
from pathlib import Path

from masterkey import schema
from masterkey.command_line import UserError
from masterkey.files import read_json, write_json

STYLE_FILE = "prompt_style.json"

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


def save_style(folder: str | Path, style: str) -> None:
    """Write the style's name into a checkpoint folder."""
    write_json(Path(folder) / STYLE_FILE, {"prompt_style": style})


def load_style(folder: str | Path, wanted: str | None) -> str:
    """The style to prompt the model in `folder` with.

    `wanted` is what the user named with --prompt_style: it wins. Without it the style is the one
    saved by training; a folder without one raises `UserError`, since guessing would silently cost
    accuracy.
    """
    if wanted is not None:
        build_prompt(wanted, "")
        return wanted
    path = Path(folder) / STYLE_FILE
    if not path.exists():
        raise UserError(
            f"{folder}: has no {STYLE_FILE}, so the prompt it was trained on is unknown; "
            f"name it with --prompt_style ({' or '.join(STYLES)})."
        )
    style = read_json(path).get("prompt_style")
    if style not in STYLES:
        raise UserError(
            f"{path}: names the prompt style {style!r}, which this version does not know; "
            f"name one with --prompt_style ({' or '.join(STYLES)})."
        )
    return style
