# make lab        set everything up and open JupyterLab at the first lesson  (ARGS="--no-browser --port 9999")
# make test       set everything up and run all tests, every notebook among them  (ARGS="-k losses")
# make notebooks  make the notebooks of changed lessons  (LESSONS="02 03": these, changed or not)
# make lint       check style;  make format: mend it
# make pins       compile requirements.txt from pyproject.toml
# make bench      time the library beside its peers (installs them first; minutes)
# make clean      remove all that the other targets made

BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
NEW_ENOUGH := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
CANDIDATES := $(or $(PYTHON),python3 python python3.13 python3.12 python3.11)
SUITABLE = $(firstword $(foreach p,$(CANDIDATES),$(shell $(p) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(p))))

.PHONY: lab test notebooks lint format pins bench clean

lab: .venv/installed
	$(BIN)/jupyter lab --LabApp.default_url=/lab/tree/notebooks/01_cosine_similarity.ipynb $(ARGS)

test: .venv/installed
	$(BIN)/python -m pytest $(ARGS)

notebooks: .venv/installed
	$(BIN)/python tools/make_notebooks.py $(LESSONS)

lint: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check course_lib tests tools

format: .venv/installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format course_lib tests tools

pins: .venv/installed
	$(BIN)/python tools/pin.py

bench: .venv/installed
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --group bench
	$(BIN)/python benchmarks/harness.py
	$(BIN)/python benchmarks
	$(BIN)/python benchmarks/sequences.py --logs .venv/peers
	$(BIN)/python benchmarks/scale.py

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis *.egg-info build
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: requirements.txt
	$(if $(SUITABLE),,$(error This course needs Python 3.11, 3.12 or 3.13, and found none among: $(CANDIDATES). Install one, or name it: make lab PYTHON=/path/to/python))
	@echo "Setting up in .venv: about two minutes and 3.3 GB, once."
	$(SUITABLE) -m venv --clear .venv
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	mkdir -p .venv/share/jupyter/lab/settings
	cp tools/lab_settings.json .venv/share/jupyter/lab/settings/overrides.json
	touch $@
