"""`models verify [NAME…]`: is what lies in the cache complete, of the size stated, and does it load."""

import sys
from collections.abc import Sequence

from foundry_exp import terminal
from foundry_exp.cli.verbs.models import composed, parsed

_LOAD_LIMIT_S = 600.0


def main(arguments: Sequence[str]) -> int:
    """0 when all that was looked at is sound, 1 when something is not or a name is not here."""
    from foundry_exp.runtime.models import provision

    options = parsed(arguments, "--json")
    config = composed(options.settings)
    place = provision.Place.of(config["backend"], offline=config["offline"])
    answer = provision.verify(place, options.names, _LOAD_LIMIT_S, lambda _: None)
    found, unmatched = answer["models"], answer["unmatched"]
    if options.json:
        terminal.print_json(found)
    for entry in [] if options.json else found:
        size = f" ({entry['size_mb']:.1f} MB)" if entry["size_mb"] is not None else ""
        print(f"{entry['id']}: {entry['problem'] or 'complete, loads'}{size}")
        if entry["repair"]:
            print(f"  {entry['repair']}")
    if not found and not options.names:
        print(f"no model: not in {place.cache_dir}; python -m foundry_exp models shows what there is.", file=sys.stderr)
    for sentence in unmatched:
        print(sentence, file=sys.stderr)
    return 1 if unmatched or any(entry["problem"] for entry in found) else 0
