# Two commands do everything on a machine that has only Python: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint benchmark screenshots

run: $(VENV)/user
	$(BIN)/streamlit run app.py

test: $(VENV)/developer
	sh tests/e2e/install_browser.sh $(BIN)/python
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile

benchmark: $(VENV)/developer
	$(BIN)/python -m benchmarks.ratios

screenshots: $(VENV)/developer
	SCREENSHOTS=docs/screenshots $(BIN)/pytest tests/e2e/test_screenshots.py -k "laptop and light"

$(VENV)/user: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/developer: requirements-dev.txt $(VENV)/user
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@
