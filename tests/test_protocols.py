"""What a backend may bring besides load, stream and unload, and what is taken to be so when it does not."""

from foundry_exp.protocols import Backend, OwnProcess, streams
from foundry_exp.runtime.backends.generate import GenerateBackend
from foundry_exp.runtime.backends.scripted import ScriptedBackend
from foundry_exp.runtime.http.service import ServiceBackend

SERVICE = ServiceBackend("data", "cache", 1.0, 1.0, quick_ack=True)
SCRIPTED: Backend = ScriptedBackend("yes", 1.0, 1.0, 1, 0.0, realtime=False, fault=None, fault_every=0)


def test_a_backend_streams_unless_it_says_otherwise() -> None:
    assert streams(SERVICE)
    assert streams(SCRIPTED)
    assert not streams(GenerateBackend("mine.Model", None))


def test_only_a_backend_with_a_process_of_its_own_is_asked_for_its_end() -> None:
    own: OwnProcess = SERVICE
    assert isinstance(own, OwnProcess)
    assert (own.model_pid, own.exit_code) == (None, None)
    assert not isinstance(SCRIPTED, OwnProcess)
