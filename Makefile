# The two commands of a newcomer are `make demo` and `make test`; both need python3.11 and nothing else.

PORT ?= 8000
PROGRAMME ?= preloved
PYTHON ?= python3.11
SCALE ?= 1
# One worker more than there are processors: a test waits now and then, for a browser or for a server.
TESTS ?= -n $(shell expr $$(nproc) + 1) --dist worksteal

VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes

# What is compiled once, the tests included, is kept: the processes that tests start need not compile the shop anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test check bench rehearse drills words vendor-assets

demo: $(VENV)/.demo
	@SANDBOX=1 PROGRAMME=$(PROGRAMME) PUBLIC_URL=http://127.0.0.1:$(PORT) \
	    exec $(VENV)/bin/flask --app wsgi demo --port $(PORT) --programme $(PROGRAMME)

test: $(VENV)/.dev
	@$(VENV)/bin/pytest $(TESTS)

check: $(VENV)/.dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy --strict marketplace
	$(VENV)/bin/lint-imports
	$(VENV)/bin/djlint templates --profile jinja --lint --quiet

# Figures and bars as JSON; `make bench ONLY=catalogue SCALE=0.01` measures one thing, on a part of the rows.
bench: $(VENV)/.dev
	@$(VENV)/bin/python -m benchmarks $(addprefix --only ,$(ONLY)) --scale $(SCALE)

# One sale through the production column: two web processes, PostgreSQL, Redis, workers, a bucket, mail, the doubles.
rehearse: $(VENV)/.dev
	@$(VENV)/bin/python -W ignore -m tests.rehearsal

# The same column with something killed, taken away or wrong in the middle of a sale; `make drills DRILLS=mail_in_trouble` runs one.
drills: $(VENV)/.dev
	@$(VENV)/bin/python -W ignore -m tests.rehearsal.drilling $(DRILLS)

# What others made and we serve: fetched by the npm client, cut to size, hashed. Only who refreshes it needs npm.
vendor-assets: $(VENV)/.dev
	@$(VENV)/bin/python scripts/vendor_assets.py

# Every text to translate, brought into the catalogues under translations/.
words: $(VENV)/.dev
	@$(VENV)/bin/python scripts/words.py

# An environment holds one of the two locks; each stamp is older than its lock when the lock has changed.

$(VENV)/.demo: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the shop runs on into $(VENV)/ (about a minute, the first time only) ..."
	@$(PIP) --requirement requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing what the tests need into $(VENV)/ (one or two minutes, the first time only) ..."
	@$(PIP) --requirement requirements-dev.txt
	@touch $@ $(VENV)/.demo

$(VENV)/bin/python:
	@scripts/check-python $(PYTHON)
	@$(PYTHON) -m venv $(VENV)
