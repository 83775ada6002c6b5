"""The command line with one figure more: `python -m tests.metrics.made_up` is `python -m foundry_exp` that has it."""

import sys

from foundry_exp.metrics import catalogue, request
from foundry_exp.metrics.figure import Figure, Statistic
from foundry_exp.metrics.formats import Unit
from foundry_exp.metrics.request import Measured

FIGURE = Figure(
    "words_per_s", "words of the answer / `e2e_ms`", Unit("words/s"), "more", "requests", title="Words",
    elsewhere="nowhere",
    statistics=(
        Statistic(
            "p50", "words_p50_per_s", "Words p50", "words", "word rate", "median", is_limit=True, weight="words",
            places={"main": 65, "page": 65, "terminal": 65, "between repeats": 40, "card": 80, "contest": 60},
            logged="throughput/words_per_s_p50", contest="Most words", ahead="{ratio} the words of {other}",
        ),
    ),
    more="says {much} more words", less="says {much} fewer words", noun="the word rate", is_gated=True,
)  # fmt: skip


def formula(one: Measured) -> float | None:
    """Words / seconds to the whole answer."""
    return len(one.record.text.split()) / (one.timing.e2e_ms / 1000) if one.timing.e2e_ms else None


if __name__ == "__main__":
    from foundry_exp.cli.main import main

    catalogue.FIGURES = (*catalogue.FIGURES, FIGURE)
    request.PER_REQUEST[FIGURE.name] = formula
    sys.exit(main(sys.argv[1:]))
