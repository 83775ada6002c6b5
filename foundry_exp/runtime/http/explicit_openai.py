"""The openai package's client as an experiment needs it: nothing from the shell, and built before it is timed."""

from typing import Any

import httpx2
import openai

from foundry_exp import __version__

NO_KEY = "none"  # the package wants one; Foundry takes any
_AGENT = f"foundry-exp/{__version__}"


class ExplicitOpenAI(openai.OpenAI):
    """The headers are said here alone: the package would add OPENAI_CUSTOM_HEADERS and OPENAI_ORG_ID to them."""

    @property
    def default_headers(self) -> dict[str, str | openai.Omit]:
        """All that is sent beside the key."""
        kind = "application/json"
        return {"Accept": kind, "Accept-Encoding": "identity", "Content-Type": kind, "User-Agent": _AGENT}


def client(base_url: str, api_key: str, http: httpx2.Client, timeout: httpx2.Timeout) -> openai.OpenAI:
    """A client of this service; every argument that the package would otherwise take from the shell is given."""
    return ExplicitOpenAI(
        base_url=base_url,
        api_key=api_key or NO_KEY,
        admin_api_key="",
        organization="",
        project="",
        webhook_secret="",
        http_client=http,
        timeout=timeout,
        max_retries=0,
    )


def rehearse() -> None:
    """One answer without a network: the package builds its types on first use, which a cold TTFT would contain."""
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, headers={"Content-Type": "text/event-stream"}))
    with (
        openai.DefaultHttpxClient(transport=transport) as http,
        client("http://rehearsal/v1", NO_KEY, http, httpx2.Timeout(None)) as rehearsed,
    ):
        create = rehearsed.chat.completions.with_streaming_response.create
        arguments: dict[str, Any] = {"model": "none", "messages": [{"role": "user", "content": ""}], "stream": True}
        with create(**arguments):
            pass
