# `make up` runs Assay, `make test` tests it. Both make and fill .venv first when the pinned requirements have changed.
.DEFAULT_GOAL := help
.PHONY: help up test check lock install install-dev

# The first Python on the path that is new enough; PYTHON=... names another.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$name; exit; }; done; echo python3)
BIN := .venv/bin

help:
	@echo "make up     install what is missing, start everything, print the address and the sign-in"
	@echo "make test   install what tests need and run all of them"
	@echo "make check  lint, types, layers, templates and migrations"
	@echo "make lock   write requirements-lock.txt anew from the requirement files"

install:
	@$(PYTHON) -m backend.supervisor.install run

install-dev:
	@$(PYTHON) -m backend.supervisor.install dev

up: install
	@exec $(BIN)/python -m backend.supervisor

test: install-dev
	@$(BIN)/python -m tests.everything

check: install-dev
	@$(BIN)/python -m tests.checks

lock:
	@$(PYTHON) -m backend.supervisor.lock
