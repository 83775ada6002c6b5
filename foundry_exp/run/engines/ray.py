"""Measuring on the nodes of a Ray cluster: one task a cell, which Ray places and, when a node dies, starts again."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from foundry_exp.run.engines import cluster
from foundry_exp.runtime.worker import OnStep
from foundry_exp.target import ALLOW_VARIABLE

if TYPE_CHECKING:
    from foundry_exp.measure.attempts import Attempt
    from foundry_exp.measure.cell import Cell
    from foundry_exp.measure.outcome import Outcome
    from foundry_exp.run.engines.parcel import Order

NAME = "ray"


class RayEngine:
    """A cluster that is there already, by the address of its head."""

    def __init__(
        self,
        address: str | None,
        resources: dict[str, float],
        resources_by_accel: dict[str, dict[str, float]],
        max_retries: int,
        cell_timeout_s: float,
        node_timeout_s: float,
        folder_limit_mb: float,
    ) -> None:
        """Keep the settings; nothing is connected."""
        self._address = address
        self._resources = resources
        self._by_accel = resources_by_accel
        self._max_retries = max_retries
        self._cell_timeout_s = cell_timeout_s
        self._node_timeout_s = node_timeout_s
        self._folder_limit_mb = folder_limit_mb

    def check(self, cells: "Sequence[Cell]") -> None:
        """Refuse a cluster that is not there, and cells that none of its nodes could take."""
        offered = cluster.survey(self._address)
        cluster.refuse_unplaceable([(cell.name, self._need(cell)) for cell in cells], offered)

    def measure(self, cell: "Cell", attempt: "Attempt", on_step: OnStep) -> "Outcome":
        """Hand the cell to the cluster, follow it, and bring its run folder back."""
        from foundry_exp.errors import FoundryExpError
        from foundry_exp.measure.outcome import Outcome
        from foundry_exp.run.engines import task
        from foundry_exp.run.engines.parcel import unpack
        from foundry_exp.runtime.machine import environment  # pydantic and numpy: not for --cfg or a bad option

        source = {"engine": NAME, **environment.source()}
        if not environment.read(cell.folder):
            environment.write(cell.folder, source)  # until a node says what it is
        try:
            self._connect()
            order = self._order(cell, attempt, source)
            placing = task.Placing(self._need(cell), self._max_retries, self._node_timeout_s)
            delivery = task.follow(order, placing, on_step)
            unpack(delivery.files, cell.folder)
        except FoundryExpError as error:
            return Outcome(reason=str(error))
        return delivery.outcome

    def _need(self, cell: "Cell") -> dict[str, float]:
        """What the cell takes of its node."""
        return {**self._resources, **self._by_accel.get(cell.config.accel.name, {})}

    def _connect(self) -> None:
        """Connect this process and send the code, unless that is done."""
        from foundry_exp.run.engines.parcel import staged_code

        if cluster.is_connected():
            return
        cluster.survey(self._address)  # so that a cluster that has gone is a sentence within seconds
        allowed = {ALLOW_VARIABLE: os.environ[ALLOW_VARIABLE]} if ALLOW_VARIABLE in os.environ else {}
        with staged_code() as package:
            cluster.connect(str(self._address), {"py_modules": [str(package)], "env_vars": allowed})

    def _order(self, cell: "Cell", attempt: "Attempt", source: dict[str, Any]) -> "Order":
        from foundry_exp.run.engines.parcel import Order, pack

        return Order(
            cell=cell,
            attempt=attempt,
            files=pack(cell.folder, self._folder_limit_mb),
            source=source,
            sdk_version=cell.measurement.sdk,
            mailbox=f"{cell.sweep_id}/{cell.name}/{uuid4()}",
            cell_timeout_s=self._cell_timeout_s,
            folder_limit_mb=self._folder_limit_mb,
        )
