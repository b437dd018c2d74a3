"""A model card: the metadata that the Hugging Face hub reads, and one of the templates beside this file.

What a card looks like stands in masterkey/release/templates/: `training_output.md.jinja` for what
train.py leaves, `released_model.md.jinja` for what export.py makes; `sections.md.jinja` has what
both say. The modules training_card.py and model_card.py hand the templates their figures.
"""

import jinja2
from huggingface_hub import ModelCardData

from masterkey.scripting.tables import markdown_table, number_text, synthetic_mark

_TAGS = ("materials-science", "perovskite-solar-cells", "information-extraction")
_ORDER = (
    *("license", "language", "library_name", "pipeline_tag", "base_model", "base_model_relation"),
    "tags",
)


def metadata(license: str, base_model: str | None, is_adapter: bool = False) -> str:
    """The YAML at the head of a card; a base model is named there where it is one of the hub."""
    on_hub = bool(base_model) and "/" in base_model
    data = ModelCardData(
        license=license,
        language="en",
        library_name="peft" if is_adapter else "transformers",
        pipeline_tag="text-generation",
        base_model=base_model if on_hub else None,
        base_model_relation=("adapter" if is_adapter else "finetune") if on_hub else None,
        tags=[*_TAGS, *(["lora"] if is_adapter else [])],
    )
    return data.to_yaml(original_order=list(_ORDER))


def render(template: str, facts: dict) -> str:
    """The card as Markdown. Raises `jinja2.UndefinedError` where the template needs another fact."""
    return _environment().get_template(template).render(facts)


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("masterkey.release"),
        # A line that holds nothing but a tag leaves no line in the card.
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "number": number_text,
        "synthetic_mark": synthetic_mark,
        "table": lambda rows, *header: markdown_table(list(header), rows),
        "thousands": lambda number: f"{number:,}",
    }
    return environment
