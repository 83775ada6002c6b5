"""Every figure, one entry each, in the order of report.csv; its formula is in `summary.FORMULAS` or where it is seen.

Tables, CSV heads, MLflow names, constraints, comparisons, README's table and the schema of run.json come from here.
"""

from foundry_exp.metrics.figure import Figure, Number, Place, Statistic
from foundry_exp.metrics.formats import COUNT, MB, MS, POINTS, SHARE, TOK_PER_S, S, Unit
from foundry_exp.records.score import SCALE

_QUICKER = "{ratio} quicker than {other}"
_OF_PROCESS = "of the process that runs the model, read from outside"
_OF_GPU = "GPU memory of the same process, through NVML (extra `gpu`)"
_METERED = "power × time; `energy_source` says whether a meter or a heuristic"
_SLO = "requests that keep to every limit in `slo`, a second or as a share; failed and empty ones count against it"
_CACHE = (
    "`ttft_ms` of requests whose prompt was not cached, and of those whose prompt was; null where no cache was seen"
)

FIGURES: tuple[Figure, ...] = (
    Figure(
        "e2e_ms", "last content event − start; without streaming, the response − start", MS, "less", "requests",
        title="Whole answer", elsewhere="request latency",
        statistics=(
            Statistic("mean", "e2e_avg_ms", "Latency avg", "latency\navg", "average answer", "average", count="n",
                      places={"main": 10, "page": 10, "terminal": 10, "between repeats": 10, "card": 20},
                      logged="latency/e2e_ms_mean"),
            Statistic("p50", "e2e_p50_ms", words="median answer", basis="median", count="n", is_limit=True,
                      places={"contest": 20, "note": 20}, logged="latency/e2e_ms_p50",
                      contest="Quickest whole answer", ahead=_QUICKER),
            Statistic("p95", "e2e_p95_ms", "Latency p95", "latency\np95", "p95 answer", is_limit=True,
                      places={"main": 20, "page": 20, "terminal": 20, "note": 30}, logged="latency/e2e_ms_p95",
                      bounds=("e2e_p95_low_ms", "e2e_p95_high_ms")),
        ),
        more="answers {much} slower", less="answers {much} faster", noun="the whole answer", is_gated=True,
    ),
    Figure(
        "typical_answer_ms", "median ttft + expected tokens × median tpot, so that chatty and terse models compare", MS,
        "less", title="Typical answer", elsewhere="expected duration", needs=("streaming", "tokens"),
        statistics=(
            Statistic("value", "typical_answer_ms", "Typical answer", words="typical answer", is_limit=True,
                      weight="speed",
                      places={"details": 30, "page": 110}, logged="latency/typical_answer_ms"),
        ),
        more="takes {much} longer for an answer of {tokens} tokens",
        less="is {much} faster with an answer of {tokens} tokens", noun="an answer of {tokens} tokens", by_prompt=True,
    ),
    Figure(
        "ttft_ms", "first event with text, reasoning or a tool call − start of the request; null without streaming", MS,
        "less", "requests", title="First token", elsewhere="TTFT", needs=("streaming",),
        statistics=(
            Statistic("p50", "ttft_p50_ms", "First token p50", "first\ntoken", "median first token", "median",
                      places={"main": 30, "page": 90, "terminal": 30, "between repeats": 20, "card": 10,
                              "contest": 10, "note": 10},
                      count="ttft_n", logged="latency/ttft_ms_p50", is_limit=True, weight="first_token",
                      contest="Fastest first token", ahead=_QUICKER),
            Statistic("p95", logged="latency/ttft_ms_p95"),
        ),
        more="starts {much} later", less="starts {much} sooner", noun="the first token", is_amount=True, is_gated=True,
    ),
    Figure(
        "ttfo_ms", "first text that is not reasoning − start", MS, "less", "requests",
        elsewhere="time to first output token, TTFOT", needs=("streaming",),
        otherwise="no answer has text outside its reasoning",
        statistics=(Statistic("p50", logged="latency/ttfo_ms_p50"),),
    ),
    Figure(
        "tpot_ms", "(last − first content event) / (N − n₁), n₁ the tokens of the first content event", MS, "less",
        "requests", elsewhere="ITL in AIPerf and GuideLLM", needs=("streaming", "tokens"),
        statistics=(Statistic("p50", logged="latency/tpot_ms_p50"),),
    ),
    Figure(
        "event_gap_ms", "gaps between content events, pooled: the stalls", MS, "less", "requests",
        elsewhere="ITL in vLLM, inter-chunk latency in AIPerf", needs=("streaming",),
        statistics=(Statistic("p99", logged="latency/event_gap_ms_p99"),),
    ),
    Figure(
        "tokens_per_event", "N / content events: with several tokens an event, a gap is not the time of one", COUNT,
        None, "requests", needs=("streaming", "tokens"),
    ),
    Figure(
        "decode_tok_per_s", "(N − n₁) / (last − first content event)", TOK_PER_S, "more", "requests", title="Decode",
        elsewhere="output tokens per second per user", needs=("streaming", "tokens"),
        statistics=(
            Statistic("p50", "decode_tok_per_s", "Decode p50", "decode", "decode rate", "median", is_limit=True,
                      places={"details": 40, "page": 100, "wide terminal": 50, "note": 40},
                      logged="throughput/decode_tok_per_s_p50"),
        ),
        more="writes {much} faster", less="writes {much} slower", noun="the decode rate", is_gated=True,
    ),
    Figure(
        "output_tok_per_s", "N / `e2e_ms`", TOK_PER_S, "more", "requests", elsewhere="end-to-end output throughput",
        needs=("tokens",),
        statistics=(
            Statistic("p50", "output_tok_per_s", "Output p50", places={"details": 50},
                      logged="throughput/output_tok_per_s_p50"),
        ),
    ),
    Figure(
        "prefill_tok_per_s", "prompt tokens / `ttft_ms`", TOK_PER_S, "more", "requests", elsewhere="prompt throughput",
        needs=("streaming", "tokens"), statistics=(Statistic("p50", logged="throughput/prefill_tok_per_s_p50"),),
    ),
    Figure(
        "throughput_tok_per_s", "tokens of all answers / the measured window", TOK_PER_S, "more", title="Throughput",
        elsewhere="system throughput", needs=("tokens",),
        statistics=(
            Statistic("value", "throughput_tok_per_s", "Throughput", "throughput", basis="over the measured window",
                      places={"main": 40, "page": 30, "terminal": 40, "between repeats": 30, "card": 30, "contest": 30},
                      count="n", logged="throughput/throughput_tok_per_s",
                      contest="Highest throughput", ahead="{ratio} the throughput of {other}"),
        ),
    ),
    Figure("goodput_req_per_s", _SLO, Unit("requests/s"), "more", elsewhere="goodput",
           statistics=(Statistic(logged="throughput/goodput_req_per_s"),)),
    Figure("slo_attainment", _SLO, SHARE, "more", elsewhere="goodput"),
    Figure("schedule_delay_ms", "start − the time the request was due, with `rate_per_s`", MS, "less", "requests",
           elsewhere="schedule delay"),
    Figure("wait_ms", "start of the try that answered − when the request was first due or tried, of requests that were "
           "tried again; part of no latency and of no rate", MS, "less", "requests"),
    Figure("ttft_cold_cache_ms", _CACHE, MS, "less", "requests", needs=("streaming",)),
    Figure("ttft_warm_cache_ms", _CACHE, MS, "less", "requests", needs=("streaming",)),
    Figure(
        "load_s", "loading the model", S, "less", title="Model load",
        statistics=(
            Statistic("value", "load_s", "Load", "load", "load time", "once, not in any latency", is_limit=True,
                      places={"details": 10, "page": 120, "wide terminal": 90, "card": 70, "note": 60},
                      logged="load/load_s"),
        ),
        more="loads {much} slower", less="loads {much} faster", noun="the load time", is_gated=True,
    ),
    Figure(
        "cold_ttft_ms", "`ttft_ms` of the first request after loading. Never mixed with warm figures", MS, "less",
        title="Cold first token", elsewhere="cold start", needs=("streaming",),
        statistics=(
            Statistic("value", "cold_ttft_ms", "Cold first token", places={"details": 20, "page": 130},
                      logged="load/cold_ttft_ms"),
        ),
    ),
    Figure("rss_baseline_mb", _OF_PROCESS, MB, "less", statistics=(Statistic(logged="memory/rss_baseline_mb"),)),
    Figure("rss_loaded_mb", _OF_PROCESS, MB, "less", statistics=(Statistic(logged="memory/rss_loaded_mb"),)),
    Figure(
        "rss_peak_mb", _OF_PROCESS, MB, "less", title="Resident memory",
        statistics=(
            Statistic("value", "rss_peak_mb", "Resident memory, peak", "peak", "peak memory", "peak", is_limit=True,
                      weight="memory",
                      places={"main": 50, "page": 40, "terminal": 60, "card": 40, "contest": 40, "note": 50},
                      logged="memory/rss_peak_mb", contest="Least memory", ahead="{other} takes {ratio} as much"),
        ),
        more="needs {much} more memory", less="needs {much} less memory", noun="peak memory", is_amount=True,
        is_gated=True, worst_counts=True,
    ),
    Figure("cpu_percent", _OF_PROCESS, Unit("%"), statistics=(Statistic(logged="process/cpu_percent"),)),
    Figure("vram_baseline_mb", _OF_GPU, MB, "less", needs=("meter",)),
    Figure("vram_loaded_mb", _OF_GPU, MB, "less", needs=("meter",)),
    Figure(
        "vram_peak_mb", _OF_GPU, MB, "less", needs=("meter",), worst_counts=True,
        statistics=(
            Statistic("value", "vram_peak_mb", words="peak VRAM", logged="memory/vram_peak_mb", is_limit=True),
        ),
    ),
    Figure(
        "quality", f"points from {SCALE}, mean over prompts, and by scorer and criterion: `quality/<name>`", POINTS,
        "more", "points", title="Quality", otherwise="no answer has been scored",
        statistics=(
            Statistic("mean", "quality", "Quality", "quality", "quality", "mean over prompts", is_limit=True,
                      weight="quality",
                      places={"main": 60, "page": 50, "terminal": 70, "card": 50, "contest": 50, "note": 70},
                      count="quality_n", bounds=("quality_low", "quality_high"), beside="quality_source",
                      logged="quality/overall", contest="Best quality", ahead="{ratio} points above {other}"),
        ),
        more="is better by {much}", less="is worse by {much}", noun="quality", is_gated=True,
    ),
    Figure("quality_coverage", "scored / measured requests", SHARE, "more",
           statistics=(Statistic(logged="quality/scored_share"),)),
    Figure(
        "disk_mb", "the model's folder", MB, "less", title="On disk",
        statistics=(
            Statistic("value", "disk_mb", "Disk", "disk", "disk", "the variant's folder", is_limit=True, weight="disk",
                      places={"main": 70, "page": 60, "wide terminal": 80, "card": 60}, beside="licence",
                      logged="memory/disk_mb"),
        ),
    ),
    Figure(
        "determinism_rate", "share of prompts whose answer is byte-identical over all rounds", SHARE, "more",
        statistics=(
            Statistic("value", "determinism_rate", "Same output every round", words="answers that repeat exactly",
                      places={"details": 60, "page": 140}, logged="quality/determinism_rate", is_limit=True),
        ),
    ),
    Figure("energy_j", _METERED, Unit("J"), "less", needs=("meter",), statistics=(Statistic(logged="power/energy_j"),)),
    Figure(
        "energy_j_per_token", _METERED, Unit("J/token"), "less", needs=("meter", "tokens"),
        statistics=(
            Statistic("value", "energy_j_per_token", words="energy", logged="power/energy_j_per_token", is_limit=True,
                      weight="energy",
                      beside="energy_source"),
        ),
        more="uses {much} more energy", less="uses {much} less energy", noun="energy of a token", is_amount=True,
        is_gated=True,
    ),
    Figure("energy_j_per_request", _METERED, Unit("J"), "less", needs=("meter",)),
    Figure("cost_per_1k_requests", _METERED, Unit("currency"), "less", needs=("meter",),
           statistics=(Statistic(logged="power/cost_per_1k_requests"),)),
    Figure("cost_per_million_tokens", _METERED, Unit("currency"), "less", needs=("meter", "tokens")),
    Figure("client_overhead_ms", "the tool's own share of a first-token time over HTTP, from `calibrate`", MS, "less",
           statistics=(Statistic(logged="tool/client_overhead_ms"),)),
    Figure("requests", "measured requests", COUNT,
           statistics=(Statistic("value", "requests", "Requests", places={"details": 80}),)),
    Figure("retries", "times that a request was tried again", COUNT),
    Figure(
        "error_rate", "failed requests / requests; a failed one is in no latency", SHARE, "less",
        statistics=(
            Statistic("value", "error_rate", "Failed", words="failed requests", places={"details": 70, "page": 150},
                      logged="requests/error_rate", is_limit=True),
        ),
        is_gated=True, worst_counts=True,
    ),
    Figure("truncated_rate", "answers cut off at `generation.max_tokens` / answers", SHARE, "less"),
    Figure("empty_rate", "answers that are empty or reasoning alone / answers", SHARE, "less"),
    Figure("degenerate_rate", "answers that repeat themselves or are not text / answers", SHARE, "less"),
    Figure("estimated_rate", "answers whose tokens the runtime did not count / answers with a count",
           SHARE, "less"),
    Figure("flagged_rate", "answers that are cut off, empty or degenerate / requests of every run", SHARE, "less",
           statistics=(Statistic("value", words="flagged answers", key="flagged_rate", is_limit=True),),
           is_written=False),
)  # fmt: skip


def figure(name: str) -> Figure:
    """The entry of a figure, by its name in run.json or by the key of one of its numbers."""
    return next(one for one in FIGURES if name == one.name or any(number.key == name for number in one.statistics))


def words(key: str) -> str:
    """What a number of a decision file is called in a sentence."""
    return limits()[key][1].words


def shown_in(*places: Place) -> list[tuple[int, Figure, Statistic]]:
    """The columns of a table, with their ranks, in their order."""
    every = [
        (number.places[place], one, number)
        for one in FIGURES
        for number in one.statistics
        for place in places
        if place in number.places
    ]
    return sorted(every, key=lambda column: column[0])


def limits() -> dict[str, tuple[Figure, Statistic]]:
    """What a decision may limit, by its key."""
    return {number.key: (one, number) for one in FIGURES for number in one.statistics if number.is_limit}


def weights() -> dict[str, tuple[Figure, str]]:
    """What a decision may weigh, by what it calls the weight: the figure and the key of its number."""
    return {number.weight: (one, number.key) for one in FIGURES for number in one.statistics if number.weight}


def costs() -> list[str]:
    """What the cheapest of those that cannot be told apart may be chosen by: what one run has one of, and weighs."""
    return [key for figure, key in weights().values() if figure.kind == "run" and not figure.by_prompt]


def logged() -> dict[str, tuple[Figure, Number]]:
    """What MLflow gets, by its name there: first what a run's note says, the headline before all."""
    every = [(one, number) for one in FIGURES for number in one.statistics if number.logged]
    last = len(every)
    every.sort(key=lambda pair: pair[1].places.get("note", 10 * last))
    return {number.logged: (one, number.of) for one, number in every}


def compared(*, by_prompt: bool) -> list[Figure]:
    """The figures that candidates are compared by: prompt by prompt, or run by run."""
    return [one for one in FIGURES if one.more and one.is_paired is by_prompt]


def gated() -> list[str]:
    """What a gate may hold a candidate to."""
    return [one.name for one in FIGURES if one.is_gated]
