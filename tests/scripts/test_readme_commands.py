"""README.md: its commands start, its links and files are there, and it stays short; likewise docs/.

Every command of its bash blocks, and every `python …` or `make …` in its text, is started up to its
flags (tests/started_commands.py); every path in one is there, is written by a command before it, is a
published file, or is the reader's own.
"""

import json
import re
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from masterkey.rows.published_files import ON_REQUEST, PUBLISHED

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = sorted(
    [README, ROOT / "CONTRIBUTING.md", ROOT / "data/README.md", *ROOT.glob("docs/**/*.md")]
)
MOST_WORDS, MOST_NUMBERS = 1700, 150

OUTPUT_FLAGS = ("--output_dir", "--output_path", "--save_model")
READERS_OWN = ("paper.pdf", "papers.json")
SUFFIXES = (".json", ".jsonl", ".txt", ".pdf", ".yaml", ".npz", ".csv")


# --- reading the page


def commands_of(text: str) -> list[list[str]]:
    """Words of each command: those of the bash blocks, then those between backticks."""
    blocks = re.findall(r"^```bash\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`((?:python|make|torchrun) [^`]+)`", prose)
    words = [shlex.split(line, comments=True) for line in (*lines, *inline)]
    return [command for command in words if command]


def is_placeholder(word: str) -> bool:
    """PATH_TO_LLAMA_7B, FILE, configs/RECIPE.yaml: the reader writes something else there."""
    return re.fullmatch(r"[A-Z][A-Z0-9_]+", Path(word).stem) is not None


def looks_like_a_path(word: str) -> bool:
    return not word.startswith(("-", "http")) and ("/" in word or word.endswith(SUFFIXES))


# --- checking a command


def path_faults(commands: list[list[str]]) -> list[str]:
    """Paths that are not there when their command is given."""
    faults, written = [], []
    for words in commands:
        outputs = [value for flag, value in pairwise(words) if flag in OUTPUT_FLAGS]
        for word in filter(looks_like_a_path, words):
            made = any(Path(word).is_relative_to(path) for path in (*written, *outputs))
            published = word in {f"data/{name}" for name in (*PUBLISHED, *ON_REQUEST)}
            there = (ROOT / word).exists() or word == ".venv/bin/activate"  # by `make setup`
            if not (made or published or there or word in READERS_OWN or is_placeholder(word)):
                faults.append(f"{shlex.join(words)}: {word} is not there")
        written += outputs
    return faults


def launched(words: list[str]) -> tuple[list[str], str | None]:
    """(script and its flags, fault of the launcher) of a `python …` or `torchrun …` command."""
    if words[0] == "python":
        return words[1:], None
    from torch.distributed.run import get_args_parser

    try:
        launch = get_args_parser().parse_args(words[1:])
    except SystemExit:
        return [], f"{shlex.join(words)}: torchrun refuses its flags"
    return [launch.training_script, *launch.training_script_args], None


def start_faults(commands: list[list[str]]) -> list[str]:
    """What make, torchrun and the scripts say against commands; nothing is trained or predicted."""
    faults, scripts = [], []
    for words in commands:
        if words[0] == "make":
            done = subprocess.run(
                ["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True
            )
            if done.returncode:
                faults.append(f"{shlex.join(words)}: {done.stderr}")
        elif words[0] in ("python", "torchrun"):
            script, fault = launched(words)
            if fault or not (ROOT / script[0]).is_file():
                faults.append(fault or f"{shlex.join(words)}: {script[0]} is not there")
            else:
                scripts.append(script)
        elif words != ["source", ".venv/bin/activate"]:
            faults.append(f"{shlex.join(words)}: is no command that this test can start")
    return faults + script_faults(scripts)


def script_faults(scripts: list[list[str]]) -> list[str]:
    if not scripts:
        return []
    done = subprocess.run(
        [sys.executable, "tests/started_commands.py"],
        cwd=ROOT,
        input=json.dumps(scripts),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    return [f"{shlex.join(s)}: {fault}" for s, fault in zip(scripts, said, strict=True) if fault]


# --- the tests


@pytest.mark.slow
def test_every_command_starts():
    commands = commands_of(README.read_text(encoding="utf-8"))
    scripts = {word for words in commands for word in words if word.endswith(".py")}
    assert len(commands) > 20
    assert {"infer.py", "train.py", "sii_test.py", "sii_evaluate.py", "sii_baseline.py"} <= scripts
    assert start_faults(commands) + path_faults(commands) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("--mdp_method forests_and_kernel docs", "--mdp_methods forests_and_kernel docs"),
        ("--mdp_method forests_and_kernel docs", "--mdp_method worst docs"),
        ("--method forests_and_kernel …", "--methods forests_and_kernel …"),
        ("python sii_evaluate.py runs", "python sii_evaluation.py runs"),
        ("make demo  ", "make demonstration  "),
        ("--nproc_per_node=4", "--n_processes=4"),
        ("docs/synthetic_paper.txt", "docs/synthetic_papers.txt"),
        ("sii_test.py --model runs/tiny ", "sii_test.py --model runs/tinier "),
        ("--train data/sii360.json", "--train data/sii361.json"),
    ],
)
def test_a_wrong_command_is_found(right, wrong, tmp_path):
    text = README.read_text(encoding="utf-8")
    assert right in text
    copy = tmp_path / "README.md"
    copy.write_text(text.replace(right, wrong), encoding="utf-8")
    before, after = commands_of(text), commands_of(copy.read_text(encoding="utf-8"))
    changed = [words for words in after if words not in before]
    assert changed
    assert path_faults(before) == []
    faults = start_faults(changed) + path_faults(after)
    assert len(faults) == len(changed)
    assert all(
        set(wrong.split()) - set(right.split()) <= set(re.split(r"[\s:]+", f)) for f in faults
    )


@pytest.mark.slow
def test_a_wrong_training_flag_is_found():
    faults = start_faults([["python", "train.py", "configs/tiny.yaml", "--learning_rates", "1e-3"]])
    assert len(faults) == 1
    assert "--learning_rates" in faults[0]


def test_readme_is_short():
    text = README.read_text(encoding="utf-8")
    assert len(text.split()) <= MOST_WORDS
    assert len(re.findall(r"(?<!\w)\d[\d.,]*", text)) <= MOST_NUMBERS


def test_the_table_of_folders_names_every_folder_and_files_that_are_there():
    section = README.read_text(encoding="utf-8").split("## Where is what")[1].split("\n## ")[0]
    rows = [row.split("|")[1:3] for row in section.splitlines() if row.startswith("| `")]
    named = []
    for folders, contents in rows:
        here = re.findall(r"`(\w+)/`", folders)
        named += here
        for name in re.findall(r"`([\w/.]+(?:\.py|/))`", contents):
            places = [ROOT, *(ROOT / "masterkey" / folder for folder in here)]
            assert any((place / name).exists() for place in places), name
    assert sorted(named) == sorted(p.parent.name for p in ROOT.glob("masterkey/*/__init__.py"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_named_files_are_there(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if target.startswith("http"):
            continue
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        if anchor:
            assert anchor in anchors(linked.read_text(encoding="utf-8")), target
    for name in re.findall(r"\b(?:masterkey|tests|docs|configs|benchmarks)/[\w/]+(?:\.\w+)+", text):
        assert (ROOT / name).exists() or is_placeholder(name), name


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to headings."""
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


def test_every_page_is_in_the_index():
    index = (ROOT / "docs/index.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("**/*.md"):
        name = str(page.relative_to(ROOT / "docs"))
        assert f"]({name})" in index or name == "index.md", name


def test_pages_named_in_the_code_are_there():
    files = subprocess.run(
        ["git", "ls-files", "*.py", "*.yaml", "*.sh", "*.ipynb", "*.toml", "requirements*.txt"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert len(files) > 100
    for file in files:
        text = (ROOT / file).read_text(encoding="utf-8")
        for name in re.findall(r"docs/[\w/]+\.md", text):
            assert (ROOT / name).is_file(), f"{file}: {name}"


def test_the_paper_to_read_is_a_synthetic_one():
    rows = json.loads((ROOT / "data/sample/sii_test.json").read_text(encoding="utf-8"))
    text = (ROOT / "docs/synthetic_paper.txt").read_text(encoding="utf-8").strip()
    (row,) = [row for row in rows if row["input"] == text]
    assert row["id"].startswith("synthetic-")
