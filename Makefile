# autotrade-etf. `make` alone prints this help.
SHELL := /bin/sh
PY := .venv/bin/python
ARGS ?=
BUDGET ?= 40m
SEEDS ?= 0:10000
N ?= 5

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo run check test prove soak soak-day lock fmt gallery calendar sbom

help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## Build .venv and install the locked packages
	@./ops/setup.sh requirements.lock

setup-dev:
	@./ops/setup.sh requirements-dev.lock

demo: setup ## Try the bot in the browser: no account, no key (ARGS="--once" shows a day)
	@$(PY) -m sandbox demo $(ARGS)

run: setup ## Run the bot with the settings of .env
	@$(PY) -m bot run $(ARGS)

check: setup-dev ## Format, lint, types, walls
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports

# Workers and the processes they start share what one of them has compiled, whatever the shell says.
test: export PYTHONDONTWRITEBYTECODE =
test: setup-dev ## Every test once, with branch coverage
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest -n 2 --dist worksteal -m "not prove" $(ARGS)
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report --fail-under=85
	@$(PY) -m tests.architecture.order_path_coverage

prove: setup-dev ## The numbers of the issues (BUDGET=10m runs a rotating share)
	@$(PY) -m tests.prove --budget $(BUDGET)

soak: setup-dev ## The simulation, as long as you like (SEEDS=0:10000)
	@$(PY) -m tests.simulation --seeds $(SEEDS)

soak-day: setup-dev ## N market days of the whole bot under load (N=5: some 20 minutes)
	@$(PY) -m tests.soak_day --days $(N) $(ARGS)

gallery: setup-dev ## Take the pictures of docs/gallery anew (needs Chromium, some ten minutes)
	@$(PY) -m tests.sandbox.web.gallery docs/gallery

fmt: setup-dev ## Format and mend what can be mended
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

calendar: setup-dev ## Write the table of trading days anew (core/domain/krx_days.py)
	@$(PY) ops/calendar_table.py --as-of $$(date +%F)

sbom: ## Write the bill of materials of the locked packages (ARGS="--out sbom.json")
	@python3 -m ops.sbom $(ARGS)

LOCK = uv pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 \
	--generate-hashes --no-emit-index-url --custom-compile-command "make lock" pyproject.toml

lock: ## Resolve the dependencies anew (needs uv)
	@$(LOCK) --extra alerts --extra postgres --extra qdrant --extra sheets -o requirements.lock
	@$(LOCK) --extra alerts --extra postgres --extra qdrant --extra sheets --extra dev -o requirements-dev.lock
