import pytest

from foundry_exp.errors import BackendError, ConfigError, SkipCellError
from foundry_exp.runtime.http import address
from foundry_exp.runtime.http.discovery import Offered, alias_of, resolve
from tests.runtime.http.conftest import wanted

IDS = (
    "phi-4-mini-generic-cpu:4",
    "phi-4-mini-generic-cpu:5",
    "phi-4-mini-cuda-gpu:5",
    "phi-4-mini-reasoning-generic-cpu:3",
    "qwen2.5-0.5b-instruct-generic-cpu:4",
    "llama3.2:latest",
)


def resolved(alias: str, loaded: tuple[str, ...] = (), accel: str = "auto", device: str | None = None) -> str:
    return resolve(Offered(IDS, loaded, "http://host/v1"), wanted(alias, accel, device))


@pytest.mark.parametrize(
    "written",
    [
        "http://host:5273", "http://host:5273/", "http://host:5273/v1", "http://host:5273/v1/", "host:5273",
        "http://host:5273/v1/v1", "http://host:5273//v1//", " http://host:5273/v1/chat/completions ",
    ],
)  # fmt: skip
def test_an_address_has_one_v1_however_it_is_written(written: str) -> None:
    assert address.parse(written).base == "http://host:5273/v1"


def test_the_local_catalogue_is_kept_and_status_is_asked_beside_it() -> None:
    parsed = address.parse("http://host:1/catalogs/local/v1")
    assert (parsed.base, parsed.root, parsed.site) == (
        "http://host:1/catalogs/local/v1", "http://host:1/catalogs/local", "http://host:1",
    )  # fmt: skip


def test_a_prefix_of_a_reverse_proxy_is_kept() -> None:
    assert address.parse("https://host/foundry/v1").site == "https://host/foundry"


@pytest.mark.parametrize("written", ["ftp://host/v1", "http://", "http://host:port/v1", "http://[::1/v1"])
def test_what_is_no_address_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ConfigError, match=r"backend\.base_url: .*http://127\.0\.0\.1:5273/v1"):
        address.parse(written)


def test_a_message_never_shows_credentials() -> None:
    assert address.public("http://user:secret@host:1/v1?key=secret") == "http://host:1/v1"


@pytest.mark.parametrize(
    ("alias", "model_id"),
    [
        ("phi-4-mini-reasoning", "phi-4-mini-reasoning-generic-cpu:3"),
        ("qwen2.5-0.5b", "qwen2.5-0.5b-instruct-generic-cpu:4"),
        ("QWEN2.5-0.5B", "qwen2.5-0.5b-instruct-generic-cpu:4"),
        ("phi-4-mini-generic-cpu", "phi-4-mini-generic-cpu:5"),
        ("llama3.2:latest", "llama3.2:latest"),
    ],
)
def test_an_alias_finds_its_id(alias: str, model_id: str) -> None:
    assert resolved(alias) == model_id


def test_the_accelerator_chooses_among_variants_and_the_newest_version_wins() -> None:
    assert resolved("phi-4-mini", accel="cpu", device="CPU") == "phi-4-mini-generic-cpu:5"
    assert resolved("phi-4-mini", accel="gpu", device="GPU") == "phi-4-mini-cuda-gpu:5"


def test_an_alias_that_means_several_is_refused_with_all_of_them() -> None:
    with pytest.raises(BackendError, match=r"phi-4-mini-cuda-gpu:5, phi-4-mini-generic-cpu:4.*accel=cpu") as caught:
        resolved("phi-4-mini")
    assert caught.value.error_class == "ambiguous_model"


def test_the_one_that_is_loaded_is_meant() -> None:
    assert resolved("phi-4-mini", loaded=("phi-4-mini-cuda-gpu:5",)) == "phi-4-mini-cuda-gpu:5"


def test_a_missing_accelerator_skips_the_cell() -> None:
    with pytest.raises(SkipCellError, match=r"qwen2\.5-0\.5b-instruct-generic-cpu:4"):
        resolved("qwen2.5-0.5b", accel="gpu", device="GPU")


def test_a_misspelt_alias_is_answered_with_near_ones() -> None:
    with pytest.raises(BackendError, match="did you mean phi-4-mini") as caught:
        resolved("phi-4-mni-generic-cpu")
    assert caught.value.error_class == "not_found"


def test_a_pinned_variant_must_exist() -> None:
    with pytest.raises(BackendError, match="has no model phi-4-mini-generic-cpu:9"):
        resolve(Offered(IDS, (), "here"), wanted("phi-4-mini", variant="phi-4-mini-generic-cpu:9"))


@pytest.mark.parametrize(
    ("model_id", "alias"),
    [("phi-4-mini-cuda-gpu:5", "phi-4-mini"), ("llama3.2:latest", "llama3.2:latest"), ("x-cpu:1", "x"), ("gpt", "gpt")],
)
def test_the_alias_of_an_id_is_what_the_load_route_takes(model_id: str, alias: str) -> None:
    assert alias_of(model_id) == alias


def test_an_id_is_not_measured_under_another_model_s_name() -> None:
    offered, other = Offered(IDS, (), "here"), "llama3.2:latest"
    with pytest.raises(BackendError, match="would be shown as phi-4-mini"):
        resolve(offered, wanted("phi-4-mini", variant=other))
    assert resolve(offered, wanted("mine", variant=other)) == other
