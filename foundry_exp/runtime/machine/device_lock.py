"""One measured cell at a time per device of this machine, whoever started it: two at once spoil both timings."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from foundry_exp.errors import BackendError
from foundry_exp.records.config_sections import Accel, Backend, DeviceLock
from foundry_exp.runtime.machine import owned_lock
from foundry_exp.runtime.machine.owned_lock import BusyError, Wait

DEVICES = ("cpu", "gpu", "npu")
LOOPBACK = re.compile(r"localhost|127(\.\d+){3}|::1")
ERROR_CLASS = "device_lock"

_FOR_EVERYONE = 0o777


def devices(lock: DeviceLock, backend: Backend, accel: Accel) -> tuple[str, ...]:
    """What a cell keeps busy: what the config calls it, a host elsewhere, or a device here; every one for `auto`."""
    named = lock.device or _host_elsewhere(backend.base_url)
    if named:
        return (re.sub(r"[^a-z0-9]+", "-", named.lower()).strip("-"),)
    return (accel.device.lower(),) if accel.device else DEVICES


def _host_elsewhere(address: str | None) -> str | None:
    """The host of a service, whatever its port: services of one host share its devices."""
    host = urlsplit(address if "://" in address else f"//{address}").hostname if address else None
    return None if host is None or LOOPBACK.fullmatch(host) else f"host-{host}"


def _shared_folder() -> Path:
    """One place for all users of this machine; TMPDIR would differ between them."""
    top = Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) if os.name == "nt" else Path("/tmp")
    return top / "foundry_exp-locks"


@contextmanager
def held(lock: DeviceLock, backend: Backend, accel: Accel, owner: Mapping[str, str], wait: Wait) -> Iterator[bool]:
    """Hold a cell's devices while it is measured; false when `wait` gave up.

    Raises BackendError when another process holds one and the config says to fail, or for too long.
    """
    folder = Path(lock.folder).expanduser() if lock.folder else _shared_folder()
    limit_s = lock.timeout_s if lock.mode == "wait" else 0.0
    with ExitStack() as stack:
        # In one order, so that two cells never wait for each other.
        in_order = sorted(devices(lock, backend, accel))
        yield all(_taken(folder / f"{device}.lock", owner, limit_s, wait, stack) for device in in_order)


def _taken(file: Path, owner: Mapping[str, str], limit_s: float, wait: Wait, stack: ExitStack) -> bool:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # another user made it, and let everyone in
            file.parent.chmod(_FOR_EVERYONE)
        return stack.enter_context(owned_lock.held(file, owner, limit_s, wait))
    except BusyError as error:
        waited = f" for more than {limit_s:g} s" if limit_s else ""
        what = f"the {file.stem}" if file.stem in DEVICES else file.stem
        msg = (
            f"{what} is busy{waited}, {error}; two measurements at once spoil both: "
            "let it end, or wait for it with device_lock.mode=wait."
        )
        raise BackendError(ERROR_CLASS, msg) from error
    except OSError as error:
        msg = f"{file}: no lock can be made ({error.strerror}); set device_lock.folder to a folder for all users."
        raise BackendError(ERROR_CLASS, msg) from error
