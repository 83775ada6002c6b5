# The one entry point. `just` alone checks everything that CI checks but the installs.
python := ".venv/bin/python"

default: lint types imports test

# Format and lint; `just fix` mends what can be mended
lint:
    {{python}} -m ruff format --check .
    {{python}} -m ruff check .

fix:
    {{python}} -m ruff format .
    {{python}} -m ruff check --fix .

# On each platform, since a call that only POSIX has is an error on Windows
types:
    {{python}} -m mypy --platform linux --cache-dir .mypy_cache/linux
    {{python}} -m mypy --platform win32 --cache-dir .mypy_cache/win32
    {{python}} -m mypy --platform darwin --cache-dir .mypy_cache/darwin

imports:
    .venv/bin/lint-imports

# Pure tests, under 30 s of CPU: no process, no server
quick *arguments:
    {{python}} -m pytest -m "not real and not slow and not long" {{arguments}}

test *arguments:
    {{python}} -m pytest {{arguments}}

# Benchmarks print figures beside their targets for a person to compare; none of them passes or fails
bench:
    {{python}} tests/benchmarks/startup.py
    {{python}} -m tests.benchmarks.publish
    {{python}} -m tests.benchmarks.report_scale
    {{python}} -m tests.benchmarks.cpu_cost
    {{python}} -m tests.benchmarks.sweep_cost --sizes 10 100
    {{python}} -m tests.benchmarks.compare_many

# The full figures: on a quiet machine, for half an hour
long: bench
    {{python}} -m pytest -m long -n 0
    {{python}} -m foundry_exp calibrate
    {{python}} -m tests.benchmarks.http_stamps
    {{python}} -m tests.benchmarks.native_stamps
    {{python}} -m tests.benchmarks.observer_native
    {{python}} -m tests.benchmarks.native_and_service
    {{python}} -m tests.benchmarks.http_memory
    {{python}} -m tests.benchmarks.driver_memory
    {{python}} -m tests.benchmarks.soak --requests 10000
    {{python}} -m tests.benchmarks.sweep_cost
    {{python}} -m tests.benchmarks.kills
    {{python}} -m tests.benchmarks.fuzz

# How often the gate is wrong: an hour of cells, kept in the folder named, so that it can be stopped and started again
gate-rates folder:
    {{python}} -m tests.benchmarks.gate_cells {{folder}}
    {{python}} -m tests.benchmarks.gate_rates {{folder}}

# JSON Schemas of the files that the tool writes and of the options, and README's table of metrics
schemas:
    {{python}} -m tests.schemas

# Pin every run-time and dev dependency for 3.11 to 3.13
constraints:
    uv pip compile --universal --python-version 3.11 --extra dev --extra gpu --extra ray --custom-compile-command "just constraints" --no-annotate --no-emit-index-url -q pyproject.toml -o constraints.txt

# Train and export the two demonstration models (needs the extra demo-build)
demo:
    {{python}} -m tests.demo_models --out foundry_exp/_data/models

wheel:
    {{python}} -m build

# Known faults of the pinned dependencies (needs the network: pip-audit asks the advisory database)
audit:
    {{python}} -m venv --clear .audit
    .audit/bin/python -m pip install -q pip-audit
    .audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip

# Licence of every dependency that is installed (needs the network, for pip-licenses itself)
licences:
    {{python}} -m venv --clear .audit
    .audit/bin/python -m pip install -q pip-licenses
    .audit/bin/pip-licenses --python={{python}} --order=license --with-urls
