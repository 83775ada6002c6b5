"""How the timed server is told to answer reaches its process whole."""

import json

from tests.timed_server.service import Behaviour, Service, from_json


def test_a_service_survives_being_written_as_json() -> None:
    service = Service({"m": Behaviour(fault="reset", retry_after="3")}, kind="foundry2", unloaded=["m"])
    assert from_json(json.loads(json.dumps(service.to_json()))) == service
