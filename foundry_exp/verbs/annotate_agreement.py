"""`annotate agreement FILE…|RUN…`: how far people agree, and a judge with people."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundry_exp.errors import StoreError
from foundry_exp.verbs.annotate import parsed

if TYPE_CHECKING:
    from foundry_exp.annotation.agreement import Comparison
    from foundry_exp.records import Score
    from foundry_exp.stats.agreement import ConstantGuess
    from foundry_exp.stats.estimate import Estimate


def main(arguments: list[str]) -> int:
    """Print the agreement of each rubric: 0 when there is any, 1 when there are too few raters for it."""
    from foundry_exp.annotation.agreement import compare

    options = parsed("agreement", arguments, "filled file or a run", _options)
    by_rubric = _scores(options)
    found = {rubric: compare(scores) for rubric, scores in by_rubric.items()}
    if options.json:
        plain = {rubric: [asdict(row) for row in rows] for rubric, rows in found.items()}
        print(json.dumps(plain, indent=2, ensure_ascii=False))
    for rubric, rows in found.items():
        if not options.json and rows:
            _show(rubric, rows)
    lonely = [_lonely(rubric, by_rubric[rubric]) for rubric, rows in found.items() if not rows]
    for sentence in lonely or ([] if found else ["nobody has scored these answers yet; see annotate export."]):
        print(sentence, file=sys.stderr)
    return 0 if any(found.values()) else 1


def _options(parser: Any) -> None:
    parser.add_argument("--key", type=Path)
    parser.add_argument("--annotator")
    parser.add_argument("--json", action="store_true")


def _scores(options: Any) -> "dict[str, list[Score]]":
    from foundry_exp import store
    from foundry_exp.annotation import sources
    from foundry_exp.annotation.returned import read_back

    files = [Path(name) for name in options.names if Path(name).is_file()]
    if not files:
        runs = [store.find_run(name, options.output_dir) for name in options.names]
        return sources.of_runs([cell for run in runs for cell in store.finished_cells(run)])
    if len(files) < len(options.names):
        msg = f"annotate agreement: {options.names}: give filled files or runs, not both, and only what exists."
        raise StoreError(msg)
    read = [
        read_back(file, key_file=options.key, output_dir=options.output_dir, annotator=options.annotator)
        for file in files
    ]
    problems = [str(problem) for file in read for problem in file.filled.problems]
    if problems:
        msg = f"{problems[0]} ({len(problems)} problems in all; annotate import lists them.)"
        raise StoreError(msg)
    return sources.of_files(read)


def _lonely(rubric: str, scores: "Sequence[Score]") -> str:
    who = sorted({score.scored_by for score in scores if score.scorer == "annotation"})
    return f"{rubric}: only {', '.join(who) or 'nobody'} scored these answers; agreement needs two people, or a judge."


def _show(rubric: str, rows: "Sequence[Comparison]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Agreement by the rubric {rubric}", title_justify="left")
    for name in ("criterion", "between"):
        table.add_column(name)
    for name in ("answers", "kappa", "alpha", "equal", "within 1", "always the same"):
        table.add_column(name, justify="right")
    for row in rows:
        near = row.closeness
        guess = _guess(row.constant_guess)
        shares = (_share(near.exact), _share(near.within_one), guess)
        between = " – ".join(row.between)
        table.add_row(row.criterion, between, str(row.alpha.n), _figure(row.kappa), _figure(row.alpha), *shares)
    Console().print(table)
    for reason in dict.fromkeys(why for row in rows for one in (row.kappa, row.alpha) if one and (why := one.reason)):
        print(f"- {reason}")
    print("kappa: quadratic weighted; alpha: Krippendorff's, ordinal; in brackets 95 % by resampling answers.")
    print("always the same: the share of equal scores that the commonest score alone would reach; its kappa is 0.")


def _figure(found: "Estimate | None") -> str:
    if found is None or found.value is None:
        return "–"
    if found.interval is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} [{found.interval.low:.2f}, {found.interval.high:.2f}]"


def _guess(found: "ConstantGuess | None") -> str:
    return "–" if found is None else f"{found.score:g}: {_share(found.closeness.exact)}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
