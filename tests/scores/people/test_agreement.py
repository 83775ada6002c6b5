"""`annotate agreement` against figures that others compute, and what it says when there are too few."""

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sklearn.metrics import cohen_kappa_score  # type: ignore[import-untyped]  # scikit-learn has no types

from foundry_exp.cli import main
from foundry_exp.records import run_folder
from foundry_exp.records.score import Score
from tests.scores.people.filling import CRITERIA, all_of, export, fill_csv, fill_jsonl, make_runs, send_back

MODELS = 15
Given = dict[tuple[str, str], int]
"""What somebody gave, by item and criterion."""


def rater(given: Given, mark: Callable[[str, str], int]) -> Callable[[dict[str, str]], dict[str, int]]:
    def marks(row: dict[str, str]) -> dict[str, int]:
        given.update({(row["item"], name): mark(row["item"], name) for name in CRITERIA})
        return {name: given[row["item"], name] for name in CRITERIA}

    return marks


def truth(item: str, criterion: str) -> int:
    return Random(f"{item} {criterion}").randint(1, 5)


def noisy(seed: int) -> Callable[[str, str], int]:
    def mark(item: str, criterion: str) -> int:
        off = Random(f"{seed} {item} {criterion}").choice((-1, 0, 0, 0, 1))
        return min(5, max(1, truth(item, criterion) + off))

    return mark


def agreement(capsys: pytest.CaptureFixture[str], folder: Path, *names: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main.main(["annotate", "agreement", *names, "--json", "--output-dir", str(folder / "mlruns")]) == 0
    (rows,) = json.loads(capsys.readouterr().out).values()
    return list(rows)


def alpha_by_definition(table: list[list[int | None]]) -> float:
    """Krippendorff's alpha from its definition, pair by pair, with none of the package's shortcuts."""
    units = [[value for value in row if value is not None] for row in table]
    units = [unit for unit in units if len(unit) > 1]
    pooled = [value for unit in units for value in unit]

    def squared(one: int, other: int) -> float:
        low, high = sorted((one, other))
        between = sum(pooled.count(value) for value in range(low, high + 1))
        return (between - (pooled.count(low) + pooled.count(high)) / 2) ** 2

    observed = sum(
        squared(one, other) / (len(unit) - 1)
        for unit in units
        for place, one in enumerate(unit)
        for elsewhere, other in enumerate(unit)
        if place != elsewhere
    ) / len(pooled)
    expected = sum(squared(one, other) for one in pooled for other in pooled) / (len(pooled) * (len(pooled) - 1))
    return 1 - observed / expected


@pytest.mark.slow
def test_two_people_agree_as_scikit_learn_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runs(tmp_path, models=MODELS, rounds=1)
    sent = export(tmp_path) / "send"
    anna: Given = {}
    ben: Given = {}
    fill_csv(sent / "anna.csv", rater(anna, truth))
    fill_jsonl(sent / "ben.jsonl", rater(ben, noisy(1)))
    from_files = agreement(capsys, tmp_path, str(sent / "anna.csv"), str(sent / "ben.jsonl"))
    assert send_back(tmp_path, sent / "anna.csv", sent / "ben.jsonl") == 0
    rows = agreement(capsys, tmp_path, "last")
    assert [(row["criterion"], row["kappa"]["value"]) for row in rows] == [
        (row["criterion"], pytest.approx(row["kappa"]["value"])) for row in from_files
    ]
    assert [row["criterion"] for row in rows] == [*CRITERIA, "overall"]
    for row in rows[:-1]:
        items = [item for item, criterion in anna if criterion == row["criterion"]]
        sides = [[given[item, row["criterion"]] for item in items] for given in (anna, ben)]
        assert row["between"] == ["anna", "ben"]
        assert row["kappa"]["n"] == 2 * MODELS
        assert row["kappa"]["value"] == pytest.approx(cohen_kappa_score(*sides, weights="quadratic"))
        assert row["kappa"]["interval"]["low"] < row["kappa"]["value"] < row["kappa"]["interval"]["high"]
        assert row["alpha"]["value"] == pytest.approx(alpha_by_definition(list(map(list, zip(*sides, strict=True)))))
        assert row["closeness"]["within_one"] == 1.0
        assert row["constant_guess"]["closeness"]["exact"] < row["closeness"]["exact"]


@pytest.mark.slow
def test_three_people_with_gaps_have_one_alpha_and_a_kappa_a_pair(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_runs(tmp_path, models=MODELS, rounds=1)
    sent = export(tmp_path, annotators="anna,ben,carol") / "send"
    given: dict[str, Given] = {"anna": {}, "ben": {}, "carol": {}}
    for seed, name in enumerate(given):
        fill_csv(sent / f"{name}.csv", rater(given[name], noisy(seed)))
    skipped = sorted({item for item, _ in given["carol"]})[:10]
    fill_csv(
        sent / "carol.csv",
        lambda row: dict.fromkeys(CRITERIA, "") if row["item"] in skipped else {},
    )
    send_back(tmp_path, sent)
    rows = [row for row in agreement(capsys, tmp_path, "last") if row["criterion"] == "coverage"]
    pairs = [["anna", "ben"], ["anna", "carol"], ["ben", "carol"], ["anna", "ben", "carol"]]
    assert [row["between"] for row in rows] == pairs
    assert [row["alpha"]["n"] for row in rows] == [30, 20, 20, 30]
    assert rows[-1]["kappa"] is None
    items = sorted({item for item, _ in given["anna"]})
    table = [
        [None if name == "carol" and item in skipped else given[name][item, "coverage"] for name in given]
        for item in items
    ]
    assert rows[-1]["alpha"]["value"] == pytest.approx(alpha_by_definition(table))


def judged(folder: Path, value: Callable[[Score], float]) -> None:
    """A judge's scores beside the people's."""
    for score in [score for score in run_folder.read_scores(folder) if score.scored_by == "anna"]:
        fields = {name: getattr(score, name) for name in Score.__slots__}
        fields |= {"scorer": "judge", "scored_by": "judge:1", "value": value(score)}
        run_folder.append_score(folder, Score(**fields))


@pytest.mark.slow
def test_a_judge_is_held_to_what_people_gave_on_average(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs(tmp_path, models=MODELS, rounds=1)
    sent = export(tmp_path) / "send"
    fill_csv(sent / "anna.csv", rater({}, truth))
    fill_csv(sent / "ben.csv", rater({}, noisy(2)))
    send_back(tmp_path, sent)
    for run in runs:
        people = {
            (score.sample_id, score.criterion): [
                other.value
                for other in run_folder.read_scores(run)
                if (other.sample_id, other.criterion) == (score.sample_id, score.criterion)
            ]
            for score in run_folder.read_scores(run)
        }
        judged(run, lambda score, people=people: sum(people[score.sample_id, score.criterion]) / 2)  # type: ignore[misc]
    rows = {(row["criterion"], *row["between"]): row for row in agreement(capsys, tmp_path, "last")}
    perfect = rows["coverage", "judge", "people"]
    assert perfect["kappa"]["value"] == pytest.approx(1.0)
    assert perfect["kappa"]["n"] == 30
    assert perfect["closeness"]["n"] == 60  # each single score of a person
    assert rows["overall", "judge", "people"]["kappa"]["value"] == pytest.approx(1.0)


@pytest.mark.slow
def test_a_judge_that_always_says_three_is_a_constant_guess(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = make_runs(tmp_path, models=MODELS, rounds=1)
    sent = export(tmp_path, annotators="anna") / "send"
    fill_csv(sent / "anna.csv", rater({}, truth))
    send_back(tmp_path, sent)
    for run in runs:
        judged(run, lambda _: 3.0)
    rows = agreement(capsys, tmp_path, "last")
    assert {tuple(row["between"]) for row in rows} == {("judge", "people")}
    assert all(row["kappa"]["value"] == pytest.approx(0.0) for row in rows)


@pytest.mark.slow
def test_an_answer_that_several_runs_gave_counts_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runs(tmp_path, models=4, rounds=1, answers={"privacy": "the same"})
    sent = export(tmp_path) / "send"
    fill_csv(sent / "anna.csv", rater({}, truth))
    fill_csv(sent / "ben.csv", rater({}, noisy(3)))
    send_back(tmp_path, sent)
    assert {row["alpha"]["n"] for row in agreement(capsys, tmp_path, "last")} == {5}


def test_too_few_raters_or_answers_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_runs(tmp_path, models=1)
    command = ["agreement", "last", "--output-dir", str(tmp_path / "mlruns")]
    assert main.main(["annotate", *command]) == 1
    assert "nobody has scored these answers yet" in capsys.readouterr().err
    sent = export(tmp_path) / "send"
    fill_csv(sent / "anna.csv", all_of(4))
    send_back(tmp_path, sent)
    assert main.main(["annotate", *command]) == 1
    assert "only anna scored these answers; agreement needs two people, or a judge" in capsys.readouterr().err
    fill_csv(sent / "ben.csv", all_of(4))
    send_back(tmp_path, sent)
    assert main.main(["annotate", *command]) == 0
    _, told, table = capsys.readouterr().out.partition("anna – ben, by the rubric summary:")
    assert told
    assert "no variation: all scores are equal" in table
    assert max(map(len, table.splitlines())) <= 120


def test_a_scorer_with_another_rubric_is_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = make_runs(tmp_path, models=1)
    sent = export(tmp_path) / "send"
    fill_csv(sent / "anna.csv", all_of(4))
    fill_csv(sent / "ben.csv", all_of(4))
    send_back(tmp_path, sent)
    first = run_folder.read_scores(run)[0]
    fields = {name: getattr(first, name) for name in Score.__slots__}
    run_folder.append_score(run, Score(**{**fields, "scorer": "judge", "rubric": "other:1"}))
    assert main.main(["annotate", "agreement", "last", "--output-dir", str(tmp_path / "mlruns")]) == 0
    assert "judge scored by other:1, which is another rubric than people's" in capsys.readouterr().err


def test_what_agreement_cannot_be_reckoned_from_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*names: Path) -> str:
        assert main.main(["annotate", "agreement", *map(str, names)]) != 0
        return capsys.readouterr().err

    assert "no finished run in it" in refused(tmp_path)
    filled = tmp_path / "anna.csv"
    filled.write_text("item,annotator,accuracy\nnobody,anna,9\n", encoding="utf-8")
    assert "give filled files or runs, not both" in refused(filled, tmp_path)
    assert "anna.csv" in refused(filled)
