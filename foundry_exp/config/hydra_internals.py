"""What leans on private parts of Hydra, in this file alone, since Hydra has no public way to it.

Its grid of a sweep, and its launcher without a sweeper: a sweeper composes every job once more, stops at the first one
that raises, and then does not call `on_multirun_end`. Two classes stand in for parts of its config loader, paid for by
the CPU that they save (`python -m tests.benchmarks.hydra_cost`, 1 to 1000 jobs, Hydra 1.3.8).
"""

import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hydra._internal.callbacks import Callbacks
from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.core.utils import configure_log
from hydra.errors import HydraException
from hydra.types import HydraContext
from omegaconf import DictConfig, OmegaConf, open_dict

from foundry_exp.errors import ConfigError

Task = Callable[[DictConfig], None]
MOST_VALUES = 10_000
"""Of one key in a sweep."""


def is_basic_sweeper(path: str) -> bool:
    """Whether a `_target_` is Hydra's own sweeper, which needs no result to choose the next job."""
    return path == _address(BasicSweeper)


def grid(overrides: Sequence[str]) -> list[list[str]]:
    """Every combination of the values that are swept over; of a key given twice, the last one counts."""
    parsed = _parsed(overrides)
    for override in parsed:
        if override.is_sweep_override():
            _refuse_without_values(override)
    batches: list[list[str]] = BasicSweeper.split_arguments(parsed, max_batch_size=None)[0]
    return [list(job) for job in batches]


def _parsed(overrides: Sequence[str]) -> list[Override]:
    parser = OverridesParser.create(config_loader=GlobalHydra.instance().config_loader())
    parsed: list[Override] = parser.parse_overrides(list(overrides))
    return parsed


def is_swept(override: str) -> bool:
    """Whether an override stands for several values, one a job."""
    return _parsed([override])[0].is_sweep_override()


def _refuse_without_values(swept: Override) -> None:
    """Raise ConfigError for a sweep that is no list of values, and one over what all jobs share."""
    line, key = swept.input_line, swept.get_key_element()
    if swept.is_hydra_override():
        own = key.lstrip("+").removeprefix("hydra.sweeper.params.")
        example = f"{own}=…" if own != key.lstrip("+") else "model=demo-small,demo-large"
        msg = f"{line}: Hydra's own settings are the same for all cells; sweep over a key itself, as in -m {example}"
        raise ConfigError(msg)
    if not swept.is_discrete_sweep():
        msg = f"{line}: an interval does not say which values to measure; list them, as in {key}=8,16,32."
        raise ConfigError(msg)
    try:
        values = list(itertools.islice(swept.sweep_iterator(), MOST_VALUES + 1))
    except (HydraException, ValueError) as error:  # a range whose step is 0
        msg = f"{line}: not a range ({error}); write {key}=range(first,end,step)."
        raise ConfigError(msg) from error
    if not values:
        msg = (
            f"{line}: no option or number is meant by it, so there is nothing to sweep over; name some, as in {key}=a,b"
        )
        raise ConfigError(msg)
    if len(values) > MOST_VALUES:
        msg = f"{line}: stands for more than {MOST_VALUES} values, and each is a cell; name fewer."
        raise ConfigError(msg)


def launch(
    here: Task,
    elsewhere: Task,
    every_job: Mapping[tuple[str, ...], Mapping[str, object]],
    config: DictConfig,
    config_name: str,
) -> None:
    """Have Hydra's launcher run a task on each job, its overrides → its config, in this order.

    `here` is for a launcher that runs the jobs in this process, `elsewhere` for one with processes of its own. `config`
    is of any of the jobs, with Hydra's section, which they share.
    """
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    # A launcher with processes of its own would send every config to each of them.
    is_here = config.hydra.launcher._target_ == _address(BasicLauncher)
    loader: Any = Planned(every_job) if is_here else GlobalHydra.instance().config_loader()
    context = HydraContext(config_loader=loader, callbacks=Callbacks(config))
    context.callbacks.on_multirun_start(config=config, config_name=config_name)
    try:
        launcher = Plugins.instance().instantiate_launcher(
            hydra_context=context, task_function=here if is_here else elsewhere, config=config
        )
        launcher.launch([list(job) for job in every_job], initial_job_idx=0)
    finally:
        context.callbacks.on_multirun_end(config=config, config_name=config_name)


def _address(plugin: type) -> str:
    return f"{plugin.__module__}.{plugin.__qualname__}"


class Planned:
    """In the place of Hydra's config loader: jobs get the configs that were composed and checked already.

    14 ms of CPU a job, against 69 ms for composing it again.
    """

    def __init__(self, configs: Mapping[tuple[str, ...], Mapping[str, object]]) -> None:
        """Keep the config of each job, by its overrides."""
        self._configs = configs

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """The config of one job; Hydra's section is the first job's."""
        config = OmegaConf.create(dict(self._configs[tuple(sweep_overrides)]))
        config.hydra = master_config.hydra
        with open_dict(config):
            config.hydra.overrides.task = sweep_overrides
        return config


class ReadOnce(CachingConfigRepository):
    """Hydra's cache of config files, which it makes anew for every job, kept for all the jobs of a command.

    Composing takes 70 ms of CPU a job, against 100 ms when each reads its thirty files again.
    """

    def __init__(self, repository: Any) -> None:
        """Keep what is read of one search path apart from what is read of another."""
        super().__init__(repository)
        self._groups: dict[str, bool] = {}
        self._read: dict[str, tuple[dict[str, Any], dict[str, bool]]] = {}

    def __deepcopy__(self, memo: dict[int, Any]) -> "ReadOnce":
        return copy.copy(self)  # of a job, which may go on with another search path, but shares what was read

    def initialize_sources(self, config_search_path: ConfigSearchPath) -> None:
        """Go on with another search path, which a job's `hydra.searchpath` makes."""
        self.delegate = copy.deepcopy(self.delegate)
        self.delegate.initialize_sources(config_search_path)
        path = repr([(part.provider, part.path) for part in config_search_path.get_path()])
        self.cache, self._groups = self._read.setdefault(path, ({}, {}))

    def load_config(self, config_path: str) -> Any:
        """A copy, since Hydra writes into what it loads."""
        return copy.deepcopy(super().load_config(config_path))

    def group_exists(self, config_path: str) -> bool:
        """Whether a folder of options is there, asked of the disk once."""
        if config_path not in self._groups:
            self._groups[config_path] = super().group_exists(config_path)
        return self._groups[config_path]


def read_once() -> None:
    """Let the config loader of the Hydra that is under way keep what it has read."""
    loader: Any = GlobalHydra.instance().config_loader()
    loader.repository = ReadOnce(loader.repository)
