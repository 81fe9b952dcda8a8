# One command each. Every target sets up what it needs; a machine needs Python 3.11 or newer and make, nothing else.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || command -v python)
VENV ?= .venv
PY := $(VENV)/bin/python
BASE := $(VENV)/.journeyman-base
DEV := $(VENV)/.journeyman-dev
PYTEST := $(PY) -m pytest

# Two test processes share two cores: more threads in each would only wait for one another.
test check quick docs: export OMP_NUM_THREADS = 1
# Where an image forbids byte code, each of the many processes that tests start would compile all libraries anew.
test check static quick docs: export PYTHONDONTWRITEBYTECODE =
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: help demo test check static quick format docs reference site experience bench bench-peers bench-smooth bench-stopping bench-tables bench-kill bench-ingest bench-large bench-predict bench-exports bench-serve bench-operate bench-honest bench-kinds bench-engines bench-chaos bench-data bench-decide bench-convert engines registry clean
.DELETE_ON_ERROR:

help:
	@echo "make demo      build a model from a real table and show where its report is"
	@echo "make test      everything, slow tests, doctests and the documents' code included"
	@echo "make check     format, lint, types, layers and fast tests, in under a minute"
	@echo "make format    put the code into shape"
	@echo "make docs      run the code in the documents"
	@echo "make reference    write docs/reference/ from options and docstrings"
	@echo "make site      the documents as a site with search: build/site/index.html"
	@echo "make experience   try every candidate on many small tasks and write the prior that is shipped (CACHE=, MINUTES=)"
	@echo "make bench       the measurements; or bench-tables | bench-smooth | bench-peers | bench-stopping | bench-kill | bench-ingest | bench-large | bench-predict | bench-exports | bench-serve | bench-operate | bench-honest | bench-kinds | bench-engines | bench-chaos | bench-decide | bench-data DATA=FOLDER | bench-convert NOTEBOOKS=FOLDER"
	@echo "make engines   the JVM parts that tests of Kafka, Spark and Hadoop start, by Maven, into build/engines"

demo: $(BASE)
	$(PY) examples/demo.py

# The tests of a file share a process, and what its fixtures make: tests/conftest.py. Dear files come before small ones.
test: $(DEV)
	$(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder -rs --durations=10

# Side by side, because the tests' processes do not keep two cores busy all the time.
check: $(DEV)
	@$(MAKE) --no-print-directory --jobs=2 static quick

# import-linter's cache misses imports of a file that was written after its importer was read, hence --no-cache.
static: $(DEV)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-cache

# The dearest are shown: what takes half a second of a processor belongs under `slow`, unless nothing else guards its subject.
quick: $(DEV)
	$(PYTEST) -q -n 2 --dist worksteal --durations=5 -m "not slow" tests/architecture tests/unit

format: $(DEV)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

docs: $(DEV)
	$(PYTEST) -q -rs tests/test_docs.py

reference: $(BASE)
	$(PY) tools/make_reference.py

# What makes the site stays out of the environment of the tests.
SITE := build/site-env
site: $(SITE)/.installed
	$(SITE)/bin/python tools/site_pages.py
	$(SITE)/bin/zensical build --config-file mkdocs.yml --clean --strict
	@echo "The site: $(SITE:-env=)/index.html; with search: $(SITE)/bin/python -m http.server --directory $(SITE:-env=)"

$(SITE)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: no Python found; install Python 3.11 or newer"; exit 2; }
	@test -x $(SITE)/bin/python || $(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	$(SITE)/bin/python -m pip install --quiet --no-compile --group site
	@touch $@

bench: bench-tables bench-smooth bench-peers bench-stopping bench-ingest bench-large bench-predict bench-exports bench-serve bench-operate bench-honest bench-kinds bench-engines

# A start is measured with byte code kept, as anywhere but in an image that forbids it.
bench-serve: export PYTHONDONTWRITEBYTECODE =

# MLflow and FastAPI stand beside ours where PEERS=DIR says which folder benchmarks/peers/install_peers.sh has filled.
bench-serve: $(DEV)
	$(PY) benchmarks/serve.py $(if $(PEERS),--peers $(PEERS))

bench-operate: $(DEV)
	$(PY) benchmarks/operate_signals.py
	$(PY) benchmarks/operate_feeds.py
	$(PY) benchmarks/operate_undo.py
	$(PY) benchmarks/operate_streams.py
	$(PY) benchmarks/operate_dead_sensor.py
	$(PY) benchmarks/operate_flips.py
	$(PY) benchmarks/operate_kill.py
	$(PY) benchmarks/operate_year.py

bench-tables bench-smooth bench-stopping bench-kill bench-ingest bench-large bench-predict bench-exports: $(DEV)
	$(PY) benchmarks/$(@:bench-%=%).py

# Real tables lie in DATA=FOLDER, with an index.json.
bench-data: $(DEV)
	@test -n "$(DATA)" || { echo "error: no folder of tables is named; wanted make bench-data DATA=FOLDER"; exit 2; }
	$(PY) benchmarks/verify_contracts.py --data $(DATA)
	$(PY) benchmarks/clean_tables.py --data $(DATA)
	$(PY) benchmarks/analyse_tables.py --data $(DATA)
	$(PY) benchmarks/search_lake.py --data $(DATA)

# Decisions, pilots and uplift on simulated populations whose value is known: docs/how-to/decide.md. With DATA=FOLDER,
# use cases are looked at, and some of them built, as far as MINUTES= go; what is in the cache is not done again.
bench-decide: export OMP_NUM_THREADS = 1
bench-decide: $(DEV)
	$(PY) benchmarks/decide_values.py
	$(PY) benchmarks/decide_pilots.py
	$(if $(DATA),$(PY) benchmarks/assess_outcomes.py $(CACHE)/assess --data $(DATA) --minutes $(MINUTES))
	$(if $(DATA),$(PY) benchmarks/assess_outcomes.py $(CACHE)/assess --data $(DATA) --minutes $(MINUTES) --builds)
	$(if $(DATA),$(PY) benchmarks/assess_judged.py $(CACHE)/assess)
	$(if $(DATA),$(PY) benchmarks/assess_judged.py $(CACHE)/assess --truth build)

# Public notebooks, each in a folder with its data: benchmarks/fetch_prototypes.py lays them out.
bench-convert: $(DEV)
	$(PY) benchmarks/convert_prototypes.py $(or $(NOTEBOOKS),$(error name their folder: NOTEBOOKS=FOLDER)) --minutes $(MINUTES)

bench-honest: $(DEV)
	$(PY) benchmarks/honest.py
	$(PY) benchmarks/honest_promotion.py

bench-engines: $(DEV) engines
	$(PY) benchmarks/kafka_kills.py
	$(PY) benchmarks/hdfs.py
	$(PY) benchmarks/spark_kills.py
	$(PY) benchmarks/spark_score.py
	$(PY) benchmarks/spark_build.py --data $(DATA)

# Simulated hours of the service and its loop on a clock, disks and a network that fail: docs/how-to/replay-a-failure.md.
HOURS ?= 10000
bench-chaos: export OMP_NUM_THREADS = 1
bench-chaos: $(DEV)
	$(PY) benchmarks/chaos.py --hours $(HOURS)

# A real broker and a real HDFS for the tests, and what Spark needs to read from a broker; without Java and Maven they skip, and say so.
engines: build/engines/kafka/.whole build/engines/hadoop/.whole build/engines/spark/.whole
build/engines/%/.whole: tools/engines/%/pom.xml
	mvn --quiet --batch-mode --file $< dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=$(CURDIR)/$(@D)
	touch $@

# A real schema registry, Karapace, for the tests, with libraries of its own.
KARAPACE = build/engines/karapace
registry: $(KARAPACE)/.whole
$(KARAPACE)/.whole:
	rm -rf $(KARAPACE)
	git clone --quiet --depth 1 --branch 3.16.0 https://github.com/Aiven-Open/karapace $(KARAPACE)
	echo '__version__ = "3.16.0"' > $(KARAPACE)/karapace/version.py
	python3 -m pip install --quiet --no-compile --target $(KARAPACE)/lib -r tools/engines/karapace.txt
	touch $@

# Other kinds of learning than a column from a row; forecast_peers.py of a folder PEERS= scores forecasts like its peers.
DATA ?= ../shared/data
# Needs tables with known errors and targets: DATA= names their folder.
bench-kinds: $(DEV)
	$(PY) benchmarks/kinds/forecast_models.py $(DATA)/timeseries
	$(if $(PEERS),$(PY) benchmarks/kinds/forecasts.py $(PEERS))
	$(PY) benchmarks/kinds/groups.py $(DATA)/clustering
	$(PY) benchmarks/kinds/anomalies.py --data $(DATA)
	$(PY) benchmarks/kinds/texts.py --data $(DATA)/text
	$(PY) benchmarks/kinds/images.py --data $(DATA)
	$(PY) benchmarks/kinds/further.py --data $(DATA)

# What is in tables, before anything is learned from them.
bench-peers: $(DEV)
	$(PY) benchmarks/peers/compare.py

# The cache is gone on with; delete it to begin anew.
CACHE ?= build/experience
MINUTES ?= 40
experience: export OMP_NUM_THREADS = 1
experience: $(DEV)
	env -u OMP_NUM_THREADS $(PY) benchmarks/experience_probes.py $(CACHE)
	$(PY) benchmarks/experience.py $(CACHE) --minutes $(MINUTES)
	$(PY) benchmarks/assess_outcomes.py $(CACHE)/assess --data $(DATA) --minutes $(MINUTES)
	$(PY) benchmarks/assess_judged.py $(CACHE)/assess --out src/journeyman/stages/success/success.json

clean:
	rm -rf $(VENV) build dist .cache

# A stamp is newer than pyproject.toml once its packages are installed, so set-up runs once, and again when they change.
# Debian's Python comes without venv: say which package brings it, and leave no half-made folder behind.
$(PY):
	@test -n "$(PYTHON)" || { echo "error: no Python found; install Python 3.11 or newer"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "error: $(PYTHON) is older than 3.11; use make PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "error: $(PYTHON) cannot make a venv; on Debian: apt-get install python3-venv"; exit 2; }

# Pip before 25.1 does not know --group. Byte-compiling everything ahead would take longer than the rest; what is used is
# compiled by loading it, since where an image forbids byte code, every process would spend seconds on it.
$(BASE): pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --upgrade "pip>=25.1"
	$(PY) -m pip install --quiet --no-compile -e ".[catboost]"
	@PYTHONDONTWRITEBYTECODE= $(PY) examples/first_load.py
	@touch $@

$(DEV): pyproject.toml | $(PY)
	$(PY) -m pip install --quiet --upgrade "pip>=25.1"
	$(PY) -m pip install --quiet --no-compile --group dev -e .
	@PYTHONDONTWRITEBYTECODE= $(PY) examples/first_load.py
	@touch $(BASE) $@
