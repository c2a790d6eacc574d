# The commands of the project. CONTRIBUTING.md says what each target is for.
# It needs GNU make 3.81 (macOS) or later; README.md gives the same commands for Windows.
.PHONY: help book pdf epub sheets engine test nightly test-frameworks release grade mark marks serve lab lint bench mutation outputs outputs-frameworks screenshot dist lock clean

PORT ?= 8000
BIN := .venv/bin
INSTALLED := .venv/installed
FRAMEWORKS := .venv-frameworks
CONSTRAINTS := _build/constraints.txt
# An idle BLAS thread spins for a while: on a busy machine that slows small networks down tenfold.
OPENBLAS_THREAD_TIMEOUT ?= 4
export OPENBLAS_THREAD_TIMEOUT

# Every candidate is tried: version managers leave commands on the path that do not run.
FIND_PYTHON = for p in $$PYTHON python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' \
	  2>/dev/null && { echo "$$p"; exit; }; done; \
	echo "netinit needs Python 3.11 or newer with venv (Debian: apt-get install python3-venv), and none was found. Name one: make PYTHON=/path/to/python3.12" >&2; exit 1

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -e 's/:.*## /  /'

# The environment: made once, and updated when the lock or the metadata change.
$(INSTALLED): requirements.txt pyproject.toml
	@python=$$($(FIND_PYTHON)) && { $(BIN)/python -c '' 2>/dev/null || { \
	  echo "Making .venv with $$($$python --version)" && $$python -m venv --clear .venv; }; }
	@echo "Installing requirements.txt (the first time: about two minutes)"
	$(BIN)/python -m pip install --disable-pip-version-check --requirement requirements.txt
	@touch $@

book: $(INSTALLED) ## build the site into _build/html, warnings being errors
	$(BIN)/python book/build.py

pdf: book ## the book as PDF, A4 and letter, offered by the site (ADDRESS=https://... of the site)
	$(BIN)/python book/pdf.py $(if $(ADDRESS),--address $(ADDRESS))

epub: book ## the book as EPUB, offered by the site (ADDRESS=https://... of the site)
	$(BIN)/python book/epub.py $(if $(ADDRESS),--address $(ADDRESS))

engine: book ## Python for the pages, an error where its files cannot be had (the book goes without)
	$(BIN)/python book/engine.py

sheets: book ## each part of the book on one sheet, as PDF and SVG, offered by the site
	$(BIN)/python book/sheets.py $(if $(ADDRESS),--address $(ADDRESS))

test: $(INSTALLED) ## everything but the other frameworks; FORCE=1 runs it even if nothing changed
	$(BIN)/python -m tests $(if $(FORCE),--force)

nightly: $(INSTALLED) ## what make test leaves out because it is slow
	$(BIN)/python -m tests --nightly

test-frameworks: ## compare netinit with PyTorch, Keras and JAX, in a separate environment
	@python=$$($(FIND_PYTHON)) && { test -x $(FRAMEWORKS)/bin/python || $$python -m venv $(FRAMEWORKS); }
	$(FRAMEWORKS)/bin/python -m pip install --disable-pip-version-check --quiet --requirement tests/frameworks/requirements.txt
	$(FRAMEWORKS)/bin/python -m pytest tests/frameworks -n auto --maxprocesses 4 $(if $(NIGHTLY),-m 'nightly or not nightly')

release: $(INSTALLED) ## the students' versions of the problem sets, run to see that they work
	$(BIN)/python -m assignments release

grade: $(INSTALLED) ## PS=ps1 FROM=folder-or-zip ROSTER=roster.csv [OPTIONS=...]: marks and feedback
	@test -n "$(PS)" -a -n "$(FROM)" -a -n "$(ROSTER)" || { \
	  echo "make grade PS=ps1 FROM=folder-or-zip ROSTER=roster.csv [OPTIONS='--accept-late']" >&2; exit 2; }
	@NETINIT_MAKE=yes $(BIN)/python -m assignments grade "$(PS)" "$(FROM)" --roster "$(ROSTER)" $(OPTIONS)

mark: $(INSTALLED) ## PS=ps1 [OPTIONS=...]: answers, rubrics and points on a page of this machine
	@test -n "$(PS)" || { echo "make mark PS=ps1 [OPTIONS='--as NAME']" >&2; exit 2; }
	@NETINIT_MAKE=yes $(BIN)/python -m assignments mark "$(PS)" $(OPTIONS)

marks: $(INSTALLED) ## PS=ps1 [OPTIONS=...]: marks, report and feedback again, without running anything
	@test -n "$(PS)" || { echo "make marks PS=ps1 [OPTIONS='--fill grades.csv']" >&2; exit 2; }
	@NETINIT_MAKE=yes $(BIN)/python -m assignments marks "$(PS)" $(OPTIONS)

serve: book ## the built book on http://127.0.0.1:8000 (PORT=...)
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lab: $(INSTALLED) ## the chapters in JupyterLab
	$(BIN)/jupyter-lab chapters

lint: $(INSTALLED) ## rules and format: ruff for Python, deno for JavaScript and style sheets
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
	DENO_DIR=_build/deno $(BIN)/deno lint && DENO_DIR=_build/deno $(BIN)/deno fmt --check

bench: book ## measure, and write the README's table
	$(BIN)/python -m benchmarks

# The lock without the project itself, for tools that have environments of their own.
$(CONSTRAINTS): requirements.txt
	@mkdir -p _build
	grep -v '^-e' requirements.txt > $@

mutation: $(INSTALLED) $(CONSTRAINTS) ## change netinit's laws one by one and see whether a test notices
	$(BIN)/python -m venv _build/mutmut
	_build/mutmut/bin/python -m pip install --disable-pip-version-check --quiet \
	  --constraint $(CONSTRAINTS) hypothesis joblib ml_dtypes mutmut==3.8.1 numpy pytest scipy
	rm -rf mutants
	_build/mutmut/bin/mutmut run
	_build/mutmut/bin/mutmut results

outputs: $(INSTALLED) ## run the chapters again and store what they show
	$(BIN)/python book/outputs.py

outputs-frameworks: ## the same where PyTorch is: the chapters that need it, the table of defaults
	$(FRAMEWORKS)/bin/python book/outputs.py
	$(FRAMEWORKS)/bin/python book/defaults.py

screenshot: book ## make the README's pictures again from the built book
	$(BIN)/python book/screenshot.py

dist: $(INSTALLED) $(CONSTRAINTS) ## the wheel and the source archive, in dist/, each installed and tried
	$(BIN)/python -m venv _build/packaging
	_build/packaging/bin/python -m pip install --disable-pip-version-check --quiet \
	  --constraint $(CONSTRAINTS) build==1.6.1 hatchling twine==7.0.0
	rm -rf dist
	_build/packaging/bin/python -m build --no-isolation
	_build/packaging/bin/python -m twine check --strict dist/*
	$(BIN)/python -m tests.installed dist/*

lock: $(INSTALLED) ## pin the newest versions that fit pyproject.toml into requirements.txt
	$(BIN)/python -m venv _build/uv && _build/uv/bin/python -m pip install --quiet uv
	{ grep '^#' requirements.txt; echo '-e .'; _build/uv/bin/uv pip compile pyproject.toml --upgrade \
	  --extra widgets --extra plots --extra data --extra book --extra classroom --extra test --universal \
	  --fork-strategy fewest --python-version 3.11 --no-emit-index-url --no-header --no-annotate; } > _build/lock.txt
	mv _build/lock.txt requirements.txt

clean: ## remove what was built; .venv stays
	rm -rf _build dist mutants .pytest_cache .ruff_cache .hypothesis */.ipynb_checkpoints
