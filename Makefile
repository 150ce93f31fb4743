# `make run` and `make test` need Python 3.11 or newer and set up everything else themselves.
PORT ?= 8000
export PORT
VAR := $(or $(SMSPORTAL_VAR),var)
RUN := .venv/bin/python
# Everything that touches the database is tested once more there; who may see what is the same on every one.
ON_POSTGRES := $(RUN) -m tests.throwaway
# Looked for only when the environment has to be made.
PYTHON = $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))

.PHONY: run test chaos lint worker sandbox screenshots messages
.DEFAULT_GOAL := run

run: .venv/.runtime
	@$(RUN) -m smsportal.prepare --demo
	@$(RUN) -m smsportal.run --logs $(VAR)/log

# One part alone, its output here: for several machines, or to look at it closely.
worker sandbox: .venv/.runtime
	@$(RUN) -m smsportal.run $@

# Nothing of it touches var/.
test: export SMSPORTAL_VAR := $(CURDIR)/test-results/var
test: lint
	$(RUN) -m pytest -n 3 --dist loadfile --ignore tests/chaos
	$(ON_POSTGRES) $(RUN) -m pytest -n 3 --dist loadfile -m "not processes" tests/campaigns tests/smsportal --ignore tests/campaigns/rules --ignore tests/campaigns/views/test_access.py
	$(RUN) -m pytest tests/chaos -n 4 --dist load --maxschedchunk 1

# Fifty seeds of disasters, every one on real processes; SEEDS=17-17 repeats one.
chaos: export SMSPORTAL_VAR := $(CURDIR)/test-results/var
chaos: export SEEDS ?= 0-49
chaos: .venv/.development
	$(RUN) -m pytest tests/chaos -n 4 --dist load --maxschedchunk 1

lint: export SMSPORTAL_VAR := $(CURDIR)/test-results/var
lint: .venv/.development
	@$(RUN) -m tests.journeys.chromium --install
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy providers campaigns smsportal
	find templates -name '*.html' -exec .venv/bin/djade --check {} +
	$(RUN) manage.py makemigrations --check --dry-run

screenshots: export SMSPORTAL_VAR := $(CURDIR)/test-results/var
screenshots: .venv/.development
	@$(RUN) -m tests.journeys.chromium --install
	PICTURES=test-results/pages $(RUN) -m pytest tests/journeys/test_pages.py
	SCREENSHOTS=docs $(RUN) -m pytest tests/journeys/test_browser.py

# Texts to be translated, from the source into smsportal/locale and back into what Django reads. Needs GNU gettext.
messages: .venv/.runtime
	$(RUN) manage.py makemessages --locale en --no-location --no-obsolete --ignore .venv --ignore tests
	$(RUN) manage.py compilemessages --ignore .venv

.venv/.made:
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed. Install it, or say where it is: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Making the environment with $$($(PYTHON) --version) ..."
	@$(PYTHON) -m venv --clear .venv || { echo "Python's venv module is incomplete. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@touch $@

.venv/.runtime: requirements.txt .venv/.made
	@echo "Installing packages; this is needed once ..."
	@$(RUN) -m pip install -qq --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/.development: requirements-dev.txt .venv/.runtime
	@echo "Installing test tools; this is needed once ..."
	@$(RUN) -m pip install -qq --disable-pip-version-check -r requirements-dev.txt
	@touch $@
