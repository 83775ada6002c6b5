"""What is made of the runtime's own words, which were recorded from foundry-local-sdk 2.2.1."""

import pytest

from foundry_exp.runtime.models.runtime import plain


@pytest.mark.parametrize(
    ("said", "left"),
    [
        (
            "model_load_manager.cc:228 fl::ModelLoadManager::LoadResult fl::ModelLoadManager::LoadModel("
            "std::string_view, std::string_view, fl::ExecutionProvider) model 'm:1' requires CUDAExecutionProvider",
            "model 'm:1' requires CUDAExecutionProvider",
        ),
        (
            "http_client.cc:304 std::string fl::http::RetryWithBackoff(const std::function<RetryAttempt()>&) "
            "operation failed after 4 attempts",
            "operation failed after 4 attempts",
        ),
        ("catalog.cc:12 model (of yours) is fl::odd", "model (of yours) is fl::odd"),
        ("a sentence (in words) of its own", "a sentence (in words) of its own"),
        ("", "the runtime gave no reason"),
    ],
)
def test_positions_and_signatures_are_taken_off(said: str, left: str) -> None:
    assert plain(said) == left
