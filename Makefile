# make demo   a scan of an embedded AWS, no credentials needed; leaves report.html, report.json
# make test   everything that CI checks, on a machine with only Python (3.11+) and apt
# make check  the same, in an environment that is already there
# make fmt    put imports and layout in order
# make docs   write the generated documents and shapes again
# make clean  remove what the others made

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# setuptools warns of editable installs in general, which tells nobody here anything
PIP = PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test check fmt docs clean

demo: $(VENV)/.demo
	@$(BIN)/auditor demo -o .

test: $(VENV)/.dev
	@tools/browser
	@$(MAKE) --no-print-directory check

check:
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/shapes.py --check
	$(BIN)/python tools/schema.py --check
	$(BIN)/python tools/docs.py --check
	$(BIN)/python tools/disagreements.py --check
	$(BIN)/pytest -n auto

fmt:
	$(BIN)/ruff check --fix .

docs:
	$(BIN)/python tools/shapes.py
	$(BIN)/python tools/schema.py
	$(BIN)/python tools/docs.py
	$(BIN)/python tools/disagreements.py

$(VENV)/.demo: pyproject.toml
	@tools/venv $(PYTHON) $(VENV)
	@$(PIP) --editable '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml
	@tools/venv $(PYTHON) $(VENV)
	@$(PIP) 'pip>=25.1'
	@$(PIP) --editable '.[demo]' --group dev
	@touch $@ $(VENV)/.demo

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis report.html report.json
