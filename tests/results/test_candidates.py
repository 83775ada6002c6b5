"""Which cells are runs of one thing."""

from dataclasses import replace

from foundry_exp.results import candidates
from tests.run_folders import Cell, make_result


def test_runs_from_other_files_are_of_another_model() -> None:
    results = [make_result(Cell()) for _ in range(4)]
    digests = ["a", "b", None, "a"]
    results = [
        replace(result, model=replace(result.model, files_digest=digest))
        for result, digest in zip(results, digests, strict=True)
    ]
    seen = [same[-1] for same in candidates.measurements(results)]
    assert (seen[0], seen[1], seen[3]) == ("a", "b", "a")
    assert seen[2] in ("a", "b"), "what says nothing of its files is no third model"
    assert candidates.distinct(results) == 2
