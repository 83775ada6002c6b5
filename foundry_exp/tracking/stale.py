"""Runs that a killed publisher left RUNNING: closed as KILLED, so that the UI does not show them as at work."""

import time
from typing import Any

from foundry_exp.tracking import contents

ABANDONED_AFTER_S = 3600.0
"""On a server, where another publisher may be at work; publishing a run takes seconds."""


def close(client: Any, experiment_id: str, *, alone: bool) -> None:
    """Close every run of ours that no one works on: in a store that is held alone, all that are RUNNING."""
    limit_ns = time.time_ns() if alone else time.time_ns() - round(ABANDONED_AFTER_S * 1e9)
    for run in client.search_runs([experiment_id], "attributes.status = 'RUNNING'"):
        published_ns = run.data.tags.get(contents.PUBLISHED_TAG)
        if published_ns is not None and int(published_ns) < limit_ns:
            client.set_terminated(run.info.run_id, "KILLED")
