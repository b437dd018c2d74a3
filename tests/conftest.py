"""Fixtures that several test files share."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Tokenised rows of the tests are no matter of the user's cache; set before datasets is imported.
os.environ.setdefault(
    "HF_DATASETS_CACHE", str(Path(tempfile.gettempdir()) / f"masterkey-tests-{os.getuid()}")
)

# What tests learn, often by shortened code, is no matter of it either; tests of the cache name a folder.
os.environ["MASTERKEY_CACHE"] = ""

import pytest
from hypothesis import HealthCheck, settings
from llamacpp_checkpoint import gguf_checkpoint  # noqa: F401 (a fixture of the session)
from small_tables import devices, few_trees, papers  # noqa: F401 (fixtures)
from trained_model import trained  # noqa: F401 (a fixture of the session)
from transformers_server import transformers_server  # noqa: F401 (a fixture of the session)

ROOT = Path(__file__).resolve().parents[1]

# A busy machine is no fault of the code: how long examples take is not tested.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
# For `make check`; `make test` tries all examples.
settings.register_profile("quick", settings.get_profile("any machine"), max_examples=25)


def pytest_collection_modifyitems(items):
    """Tests on what must learn first are not for `make check`, which takes under a minute."""
    for item in items:
        if {"trained", "extractor", "gguf_checkpoint"}.intersection(item.fixturenames):
            item.add_marker(pytest.mark.slow)


def _shared() -> Path:
    return Path(os.environ.get("MASTERKEY_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with the published training files, which the repository may not contain."""
    folder = _shared() / "data"
    if not (folder / "sii360.json").exists():
        pytest.skip(
            "not checked: the published rows (no sii360.json; set MASTERKEY_SHARED to the folder "
            "whose data/ holds it)"
        )
    return folder


@pytest.fixture(scope="session")
def shared_fixtures() -> Path:
    """The folder with the outcomes of the published scorer on perturbed published answers."""
    folder = _shared() / "fixtures"
    if not (folder / "upstream_sii_scores.json").exists():
        pytest.skip(
            "not checked: parity on the 400 cases of published devices (no "
            "upstream_sii_scores.json; set MASTERKEY_SHARED); the 120 invented ones are"
        )
    return folder


@pytest.fixture(scope="session")
def run_script():
    """Run a script of the repository as a user would; returns the finished process."""

    def run(script: str, *arguments, cwd=ROOT, **environment) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, str(ROOT / script), *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run


@pytest.fixture(scope="session")
def byte_tokenizer():
    """A tokenizer of one token per byte, with <s>, </s> and <pad>."""
    from masterkey.rows.tokenizer import train_tokenizer

    return train_tokenizer(["a"], vocab_size=300)
