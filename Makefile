# Two commands do everything on a fresh machine: `make demo` and `make test`.
# Needs Python 3.11+, make and a package index; everything goes into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := trl,ray,search,docs,dev
# CPU torch where no GPU is found. A plain `torch` brings the CUDA libraries.
TORCH := $(shell command -v nvidia-smi >/dev/null 2>&1 && echo torch || echo torch==2.13.0)
CONSTRAINTS := $(shell command -v nvidia-smi >/dev/null 2>&1 && echo constraints/gpu.txt || echo constraints/cpu.txt)
STAMP := $(VENV)/.installed
VERL := .venv-verl
comma := ,

.PHONY: demo compare test test-verl test-s3 check docs sbom install compile format clean

demo: $(STAMP)
	$(BIN)/smepo demo --out demo

compare: $(STAMP)
	$(BIN)/smepo compare examples/compare.toml

test: $(STAMP) compile check
	$(BIN)/python -m pytest -q -n logical --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)

# The tests that need verl, with the real package, in an environment of its own.
test-verl: $(VERL)/.installed
	$(VERL)/bin/python -m pytest -q -m verl $(PYTEST_ARGS)

# The tests that need S3: s3fs against a local server that speaks its protocol.
test-s3: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[s3-test]" -c $(CONSTRAINTS)
	$(BIN)/python -m pytest -q tests/test_pipeline_s3.py $(PYTEST_ARGS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pip check

# The documentation as a site that needs no network, in site/.
docs: $(STAMP)
	$(BIN)/python -m mkdocs build --strict

# The dependencies with their licences (CycloneDX).
sbom: $(STAMP)
	$(BIN)/python scripts/sbom.py $(subst $(comma), ,$(EXTRAS)) > sbom.json

install: $(STAMP)

# After an edit of a compiled module; without a C compiler nothing is compiled and nothing is stale.
compile: $(STAMP)
	! $(BIN)/python scripts/compile.py --stale || $(BIN)/python scripts/compile.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(STAMP): pyproject.toml $(CONSTRAINTS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) "$(TORCH)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e ".[$(EXTRAS)]"
	touch $(STAMP)

$(VERL)/.installed: pyproject.toml $(CONSTRAINTS) constraints/verl.txt
	test -x $(VERL)/bin/python || $(PYTHON) -m venv $(VERL)
	$(VERL)/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) "$(TORCH)"
	$(VERL)/bin/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -c constraints/verl.txt -e ".[verl,ray,search,dev]"
	touch $(VERL)/.installed

clean:
	rm -rf $(VENV) $(VERL) demo runs build dist
	find src -name '*.so' -delete; rm -f src/smepo/compiled.json
