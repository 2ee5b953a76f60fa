# Two commands do everything on a machine that has only Python: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BIOME := @biomejs/biome@2.6.8
QUICK := $(addprefix tests/model/test_,$(addsuffix .py,layers alexnet activations attribution export cli)) \
	$(addprefix tests/viz_app/test_,$(addsuffix .py,choices classroom class_route lesson_files overview pages prediction))

.PHONY: run test quick matrix package derived lint lint-python lint-web benchmark

run: $(VENV)/user
	$(BIN)/streamlit run app.py

test: $(VENV)/developer
	@echo "All tests take about twenty minutes on two cores. \`make quick\` takes two minutes."
	sh tests/e2e/install_browser.sh $(BIN)/python
	$(MAKE) --no-print-directory lint
	$(BIN)/pytest -n 3 --dist loadfile # browser tests wait much of the time

# What a change usually breaks.
quick: $(VENV)/developer lint-python
	$(BIN)/pytest -n 2 --dist loadfile $(QUICK)

# Every page x architecture x width x zoom, of which `make test` takes a part.
matrix: $(VENV)/developer
	sh tests/e2e/install_browser.sh $(BIN)/python
	MATRIX=all $(BIN)/pytest -n 2 tests/viz_app/test_every_page.py tests/e2e/test_every_page.py tests/test_extending.py

# Installs the wheel with all that it depends on, and uses it in an empty folder.
package:
	rm -rf build/package
	mkdir -p build/package/empty
	$(PYTHON) -m venv build/package/env
	build/package/env/bin/python -m pip install --quiet --upgrade pip
	build/package/env/bin/python -m pip wheel --quiet --no-deps --wheel-dir build/package .
	build/package/env/bin/python -m pip install --quiet build/package/*.whl
	cd build/package/empty && ../env/bin/alexnet describe
	cd build/package/empty && ../env/bin/alexnet predict $(CURDIR)/assets/samples/cat.png

# All that is made from the embedded weights, each with the weights' checksum beside it.
derived: $(VENV)/developer
	$(BIN)/python -m viz_app.lessons.derive
	rm -f docs/screenshots/*
	SCREENSHOTS=docs/screenshots $(BIN)/pytest tests/e2e/test_every_page.py -k "(overview or feature_visualization) and alexnet-2012-1280-1-light"

lint: lint-python lint-web

lint-python: $(VENV)/developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lint-web:
	@if npx --yes $(BIOME) --version >/dev/null 2>&1; then npx --yes $(BIOME) check --error-on-warnings; \
	else echo "JavaScript and CSS are not checked: that needs Node.js's npx, and once a network."; fi

benchmark: $(VENV)/developer
	$(BIN)/python -m benchmarks.ratios

$(VENV)/user: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	touch $@

$(VENV)/developer: requirements-dev.txt $(VENV)/user
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	touch $@
