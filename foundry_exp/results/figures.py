"""What a decision needs of one run folder: each metric's values, prompt by prompt, and what was left out of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from foundry_exp.metrics import catalogue
from foundry_exp.metrics.answers import FLAGS
from foundry_exp.metrics.quality import answer_quality, current
from foundry_exp.metrics.request import PER_REQUEST, Measured, measured
from foundry_exp.records.record import Record
from foundry_exp.records.run_folder import read_records, read_result, read_scores
from foundry_exp.records.run_result import WITH_FIGURES, RunResult
from foundry_exp.records.score import Score

QUALITY = "quality"
TOKENS = "tokens"
ANY_E2E = "e2e_ms of any answer"
"""Cut ones too: of the same model the same answers are cut."""
ENERGY = "energy_j_per_token"
REQUEST_ENERGY = "energy_j_per_request"

Prompt = tuple[str, str]
"""Sample id and prompt digest: two runs share a prompt when both are equal."""
Values = dict[str, dict[Prompt, tuple[float, ...]]]
"""Metric → prompt → one value a request."""

_FAILED = "requests failed; they count for nothing but the error rate"
_CUT = "answers were cut off at the token limit; their whole time is left out"
_FLAGGED = {
    "empty_rate": "answers are empty; their speed is left out",
    "degenerate_rate": "answers repeat themselves or are not text; their speed is left out",
}
_ESTIMATED = "answers have an estimated token count; their rates are left out"


@dataclass(frozen=True, slots=True)
class CellFigures:
    """One finished cell, reduced to numbers."""

    folder: Path
    result: RunResult
    values: Values
    requests: int
    prompts: int
    """Different prompts that were asked, answered or not."""
    left_out: dict[str, int]
    """Which requests do not count for something and why, and how many."""

    def by_prompt(self, metric: str) -> dict[Prompt, float]:
        """A metric's typical value of each prompt: the median over its rounds, or the mean of points."""
        typical = fmean if metric == QUALITY else median
        return {prompt: typical(values) for prompt, values in self.values.get(metric, {}).items()}

    def pooled(self, metric: str) -> list[float]:
        """All values of a metric."""
        return [value for values in self.values.get(metric, {}).values() for value in values]

    def of_run(self, metric: str) -> float | None:
        """A figure that a run has one of; no energy by tokens that were estimated."""
        if metric == ENERGY and self.result.metrics.get("estimated_rate"):
            return None
        value = self.result.metrics.get(metric)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    @property
    def flagged(self) -> int:
        """Answers that are empty, degenerate or cut."""
        return sum(self.left_out.get(why, 0) for why in (_CUT, *_FLAGGED.values()))


def read(folder: Path) -> CellFigures:
    """Reduce a run folder; a cell that was not measured has no values."""
    result = read_result(folder)
    if result.status not in WITH_FIGURES:
        return CellFigures(folder, result, {}, 0, 0, {})
    cell = measured(read_records(folder))
    values: dict[str, dict[Prompt, list[float]]] = defaultdict(lambda: defaultdict(list))
    left_out: Counter[str] = Counter()
    from_tokens = frozenset(name for name in PER_REQUEST if catalogue.figure(name).from_tokens)
    for one in cell:
        for metric, value in _usable(one, left_out, from_tokens):
            values[metric][_prompt(one.record)].append(value)
    points = _points((one.record for one in cell), read_scores(folder), result.quality_source)
    fixed = {name: {prompt: tuple(found) for prompt, found in of.items()} for name, of in values.items()}
    asked = {_prompt(one.record) for one in cell}
    every = fixed | ({QUALITY: points} if points else {})
    return CellFigures(folder, result, every, len(cell), len(asked), dict(left_out))


def _prompt(record: Record) -> Prompt:
    return record.sample_id, record.prompt_digest


def _usable(one: Measured, left_out: Counter[str], from_tokens: Collection[str]) -> Iterable[tuple[str, float]]:
    """The values of one request that may be compared."""
    if one.record.error is not None:
        left_out[_FAILED] += 1
        return
    flag = next((name for name in _FLAGGED if FLAGS[name](one.record)), None)
    if flag:
        left_out[_FLAGGED[flag]] += 1
        return
    if one.timing.tokens and not one.timing.estimated:
        yield TOKENS, float(one.timing.tokens)
    is_cut = FLAGS["truncated_rate"](one.record)
    left_out[_CUT] += is_cut
    left_out[_ESTIMATED] += one.timing.estimated
    if one.timing.e2e_ms:
        yield ANY_E2E, one.timing.e2e_ms
    for metric, formula in PER_REQUEST.items():
        value = formula(one)
        not_whole = metric == "e2e_ms" and is_cut
        not_counted = metric in from_tokens and one.timing.estimated
        if value and not not_whole and not not_counted:
            yield metric, value


def _points(records: Iterable[Record], scores: Iterable[Score], source: str | None) -> dict[Prompt, tuple[float, ...]]:
    """Each answer's points by the scorer that stands for the cell. Bad answers count: they are what it gave."""
    if source is None:
        return {}
    whole: Mapping[tuple[str, str], float] = answer_quality(
        score for score in current(scores) if score.scorer == source
    )
    found: dict[Prompt, list[float]] = defaultdict(list)
    for record in records:
        key = (record.sample_id, record.output_hash)
        if record.error is None and key in whole:
            found[_prompt(record)].append(whole[key])
    return {prompt: tuple(values) for prompt, values in found.items()}
