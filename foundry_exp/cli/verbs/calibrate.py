"""`calibrate`: what this tool adds to what it measures, on this machine."""

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from foundry_exp.cli import verb_arguments
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.errors import FoundryExpError
from foundry_exp.files.disk import write_whole

if TYPE_CHECKING:
    from foundry_exp.measure.calibration.result import CalibrationResult, ClientFigures, LoadShape

HELP = """\
usage: python -m foundry_exp calibrate [--quick] [--json] [--output-dir DIR]

Measure this tool's own error: its HTTP backend in every load shape against a built-in server
that knows its own timing, in turns with a bare socket, which is the least that a client can be.
Two or three minutes; do nothing else meanwhile.

The result is kept as DIR/calibration.json, where later runs take `client_overhead_ms` from.

  --quick           fewer requests: a first impression, in half a minute
  --json            print the result as JSON
  --output-dir DIR  where calibration.json goes (default: mlruns)
  -h, --help        this text

examples:
  python -m foundry_exp calibrate
  python -m foundry_exp calibrate --quick --json
"""
_NAMES = "{:<14} {:<12}"
_SPREAD = " {:>8} {:>7} {:>7}"
_COST = " {:>7}"


def main(arguments: list[str]) -> int:
    """Calibrate, store the result, and print it."""
    options = verb_arguments.parser("calibrate", HELP).parse_args(arguments, Options())
    requests, rounds = (8, 5) if options.quick else (60, 15)
    try:
        from foundry_exp.measure.calibration.calibrate import STANDARD, calibrate
        from foundry_exp.measure.summary import CALIBRATION_FILE

        result = calibrate(requests=requests, observer_rounds=rounds, timing=STANDARD, clock=time.perf_counter_ns)
        text = json.dumps(asdict(result), indent=2, allow_nan=False) + "\n"
        path = options.output_dir / CALIBRATION_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except (FoundryExpError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(text if options.json else table(result), end="")
    if not options.json:
        print(f"stored in {path}")
    return 0


def table(result: "CalibrationResult") -> str:
    """The figures as a person reads them."""
    machine, observer = result.machine, result.observer
    columns = _NAMES.format("load shape", "client") + "".join(_SPREAD.format(*names) for names in _HEADS)
    lines = [
        f"{machine.get('cpu')}, {machine.get('cpu_threads')} threads; {machine.get('os')}; {result.started_at}",
        f"{result.ttft_ms:g} ms to the first of {result.tokens} tokens, {result.gap_ms:g} ms each. "
        "Milliseconds off the server's own figures; of gaps without their sign:",
        "",
        columns + _COST.format("CPU ms"),
    ]
    for shape in result.shapes:
        lines += [_row(shape.name, "foundry_exp", shape.tool), _row("", "bare socket", shape.bare_socket)]
    lines += ["", *(_notes(shape) for shape in result.shapes), ""]
    lines += [
        f"A CPU-bound model takes {observer.tool_token_ms:.2f} ms a token under foundry_exp, "
        f"{observer.bare_socket_token_ms:.2f} under a bare socket (medians of {observer.rounds} rounds); "
        f"the median of each round's own difference is {observer.slowdown_percent:+.1f} %.",
        f"client_overhead_ms: {result.client_overhead_ms:.3f}",
        "",
    ]
    return "\n".join(lines)


_HEADS = tuple((f"{of} mean", "p50", "p99") for of in ("TTFT", "gap", "E2E"))


def _row(shape: str, client: str, figures: "ClientFigures") -> str:
    spreads = (figures.ttft_bias, figures.gap_error, figures.e2e_bias)
    values = "".join(
        _SPREAD.format(*(f"{value:.3f}" for value in (of.mean_ms, of.p50_ms, of.p99_ms))) for of in spreads
    )
    return _NAMES.format(shape, client) + values + _COST.format(f"{figures.cpu_s_per_request * 1000:.2f}")


def _notes(shape: "LoadShape") -> str:
    """How a shape was run, what stamped it, and how late scheduled requests went out."""
    tool = shape.tool
    stamped_by = ", ".join(f"{requests} by {by}" for by, requests in (tool.stamped_by or {}).items())
    rate = f" at {shape.rate_per_s:.2f} a second" if shape.rate_per_s is not None else ""
    note = f"{shape.name}: {shape.requests} requests{rate} (stamped: {stamped_by})"
    if tool.start_delay is not None:
        # the client's own work comes before its write, so on a schedule a run's latencies have it in them
        note += f"; on the wire {tool.start_delay.mean_ms:.2f} ms after it was due (p99 {tool.start_delay.p99_ms:.2f})"
    return note
