"""What a decision needs of one cell: each metric's values, prompt by prompt, and what was left out of them."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

from foundry_exp.metrics import catalogue
from foundry_exp.metrics.answers import is_degenerate, is_truncated
from foundry_exp.metrics.quality import answer_quality
from foundry_exp.metrics.request import PER_REQUEST
from foundry_exp.metrics.summary import typical_answer_ms
from foundry_exp.records.run_result import WITH_FIGURES, RunResult
from foundry_exp.results.cell import FinishedCell
from foundry_exp.results.requests import Request
from foundry_exp.results.typical import TYPICAL

QUALITY = "quality"
ANY_E2E = "e2e_ms of any answer"
"""Cut ones too: of the same model the same answers are cut."""
ENERGY = "energy_j_per_token"
REQUEST_ENERGY = "energy_j_per_request"

Prompt = tuple[str, str]
"""Sample id and prompt digest: two runs share a prompt when both are equal."""
Values = dict[str, dict[Prompt, tuple[float, ...]]]
"""Metric → prompt → one value a request."""

_FAILED = "requests failed; they count for nothing but the error rate"
_STILL = "answers came while something stood still; their speed is left out"
_CUT = "answers were cut off at the token limit; their whole time is left out"
_EMPTY = "answers are empty; their speed is left out"
_DEGENERATE = "answers repeat themselves or are not text; their speed is left out"
_ESTIMATED = "answers have an estimated token count; their rates are left out"


@dataclass(frozen=True, slots=True)
class CellFigures:
    """One finished cell, reduced to numbers."""

    cell: FinishedCell
    values: Values
    left_out: dict[str, int]
    """Which requests do not count for something and why, and how many."""

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self.cell.folder

    @property
    def result(self) -> RunResult:
        """Its summary."""
        return self.cell.result

    @property
    def able(self) -> bool:
        """Whether it was measured, so that its figures count."""
        return self.result.status in WITH_FIGURES

    @property
    def requests(self) -> int:
        """Measured requests, failed ones too."""
        return len(self.cell.measured) if self.able else 0

    @property
    def prompts(self) -> int:
        """Different prompts that were asked, answered or not."""
        return len({_prompt(one) for one in self.cell.measured}) if self.able else 0

    def by_prompt(self, metric: str, expected_tokens: float | None = None) -> dict[Prompt, float]:
        """A metric's value of each prompt: the median over its rounds, or the mean of points.

        A typical answer is made of two of them; there is none where nobody says its length.
        """
        if metric == TYPICAL:
            first, each = self.by_prompt("ttft_ms"), self.by_prompt("tpot_ms")
            both = (prompt for prompt in first if prompt in each and expected_tokens is not None)
            return {one: typical_answer_ms(first[one], each[one], expected_tokens or 0.0) for one in both}
        middle = fmean if metric == QUALITY else median
        return {prompt: middle(values) for prompt, values in self.values.get(metric, {}).items()}

    def pooled(self, metric: str) -> list[float]:
        """All values of a metric."""
        return [value for values in self.values.get(metric, {}).values() for value in values]

    def of_run(self, metric: str) -> float | None:
        """A figure that a run has one of; no energy by tokens that were estimated."""
        if metric == ENERGY and self.result.metrics.get("estimated_rate"):
            return None
        value = self.result.metrics.get(metric)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def positive_of_run(self, metric: str) -> float | None:
        """The same of what has a logarithm."""
        value = self.of_run(metric)
        return value if value is not None and value > 0 else None

    @property
    def flagged(self) -> int:
        """Answers that are empty, degenerate or cut."""
        return sum(self.left_out.get(why, 0) for why in (_CUT, _EMPTY, _DEGENERATE))


def figures(cell: FinishedCell) -> CellFigures:
    """Reduce a cell to numbers; one that was not measured has no values."""
    if cell.result.status not in WITH_FIGURES:
        return CellFigures(cell, {}, {})
    values: dict[str, dict[Prompt, list[float]]] = defaultdict(lambda: defaultdict(list))
    left_out: Counter[str] = Counter()
    from_tokens = frozenset(name for name in PER_REQUEST if catalogue.figure(name).from_tokens)
    for one in cell.measured:
        for metric, value in _usable(one, left_out, from_tokens):
            values[metric][_prompt(one)].append(value)
    every = {name: _fixed(by_prompt) for name, by_prompt in values.items()}
    points = points_by_prompt(cell)
    return CellFigures(cell, every | ({QUALITY: points} if points else {}), dict(left_out))


def _fixed(by_prompt: Mapping[Prompt, list[float]]) -> dict[Prompt, tuple[float, ...]]:
    return {prompt: tuple(values) for prompt, values in by_prompt.items()}


def _prompt(one: Request) -> Prompt:
    return one.sample_id, one.prompt_digest


def _usable(one: Request, left_out: Counter[str], from_tokens: Collection[str]) -> Iterable[tuple[str, float]]:
    """The values of one request that may be compared."""
    if one.error is not None:
        left_out[_FAILED] += 1
        return
    if one.is_empty or is_degenerate(one):
        left_out[_EMPTY if one.is_empty else _DEGENERATE] += 1
        return
    if one.stood_still is not None:
        left_out[_STILL] += 1
        return
    is_cut = is_truncated(one)
    left_out[_CUT] += is_cut
    left_out[_ESTIMATED] += one.estimated
    if one.e2e_ms:
        yield ANY_E2E, one.e2e_ms
    for metric, value in zip(PER_REQUEST, one.figures, strict=True):
        not_whole = metric == "e2e_ms" and is_cut
        not_counted = metric in from_tokens and one.estimated
        if value and not not_whole and not not_counted:
            yield metric, value


def points_by_prompt(cell: FinishedCell) -> dict[Prompt, tuple[float, ...]]:
    """Each answer's points by the scorer that stands for the cell. Bad answers count: they are what it gave."""
    source = cell.result.quality_source
    whole = answer_quality(score for score in cell.scores if score.scorer == source) if source else {}
    values: dict[Prompt, list[float]] = defaultdict(list)
    for one in cell.measured:
        points = whole.get((one.sample_id, one.output_hash))
        if one.error is None and points is not None:
            values[_prompt(one)].append(points)
    return _fixed(values)
