"""The README's search runs as it stands: each trial is a cell of one sweep, and none is measured twice."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from foundry_exp.records import runs
from tests.conftest import absent, clean_environment

README = Path(__file__).parents[2] / "README.md"
QUICK = (
    '"model=custom", "model.alias=x", "backend=scripted", "backend.realtime=false", "workload.rounds=1", "tracker=none"'
)
# In Optuna's place, which is no dependency: three trials, of which the last repeats the first.
OPTUNA = """
class TrialPruned(Exception):
    pass

class samplers:
    TPESampler = dict

class Trial:
    def __init__(self, place):
        self.place = place
        self.params = {}
    def suggest_categorical(self, name, choices):
        self.params[name] = choices[self.place]
        return self.params[name]

class Study:
    best_params, best_value = {}, -1.0
    def optimize(self, objective, n_trials):
        for trial in (Trial(0), Trial(2), Trial(0)):
            try:
                value = objective(trial)
            except TrialPruned:
                value = "pruned"
            print(*trial.params.values(), value)

def create_study(direction, sampler):
    return Study()
"""


@pytest.mark.long
@pytest.mark.parametrize(("least", "is_pruned"), [(1, False), (5.1, True)])
def test_each_trial_is_a_cell_and_none_is_measured_twice(tmp_path: Path, least: float, is_pruned: bool) -> None:
    if not README.exists():
        absent("the README lies in a checkout")
    (text,) = re.findall(r"```python\n(# search\.py\n.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    quick = text.replace('"model=demo-large"', QUICK).replace('["mean"] < 3', f'["mean"] < {least}')
    assert quick.count(QUICK) == 1
    (tmp_path / "search.py").write_text(quick, encoding="utf-8")
    (tmp_path / "optuna.py").write_text(OPTUNA, encoding="utf-8")
    told = subprocess.run(
        [sys.executable, "search.py"], cwd=tmp_path, env=clean_environment(), check=False,
        capture_output=True, text=True, encoding="utf-8", timeout=240,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    first, other, again, _ = told.stdout.splitlines()
    assert (first[:5], other[:5]) == ("16 1 ", "64 4 ")
    assert again == first, "the first trial was measured again"
    assert ("pruned" in first) is is_pruned
    assert is_pruned or float(first.split()[-1]) > 0
    sweep = tmp_path / "mlruns" / "runs" / "search"
    cells = [folder.name for folder in runs.finished_cells(sweep)]
    assert cells == ["max_tokens-16-concurrency-1", "max_tokens-64-concurrency-4"]
