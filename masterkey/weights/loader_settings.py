"""Settings of transformers' loader for a while: whole models under ZeRO-3, and no words of its own."""

import contextlib
import logging
import warnings


@contextlib.contextmanager
def whole_models():
    """Models made inside are whole, under ZeRO-3 as well: small ones that are made to measure something.

    With ZeRO-3 chosen, transformers shards each model that it makes, from its first layer on.
    """
    from transformers.integrations import deepspeed

    chosen = deepspeed._hf_deepspeed_config_weak_ref
    deepspeed.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        deepspeed._hf_deepspeed_config_weak_ref = chosen


@contextlib.contextmanager
def quiet_hub():
    """No word of each attempt at reaching the Hugging Face hub: the caller says what came of it."""
    logger = logging.getLogger("huggingface_hub")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextlib.contextmanager
def quiet_transformers():
    """No advice, report or progress bar of transformers: the caller speaks, or the model never runs."""
    from transformers.utils import logging as transformers_logging

    logger = logging.getLogger("transformers")
    before, has_bars = logger.level, transformers_logging.is_progress_bar_enabled()
    logger.setLevel(logging.ERROR)
    transformers_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        logger.setLevel(before)
        if has_bars:
            transformers_logging.enable_progress_bar()
