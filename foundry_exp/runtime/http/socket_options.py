"""What a connection's socket is asked to do, where the system can."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wishes:
    """Both hold for Linux and plain TCP; acknowledging at once holds for TLS too."""

    kernel_stamps: bool = True
    """Note the kernel's arrival times."""
    quick_ack: bool = True
    """Acknowledge what arrives at once."""
