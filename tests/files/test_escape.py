import pytest

from foundry_exp.files import escape
from foundry_exp.files.escape import first_few
from tests.report.hostile import HOSTILE, INVISIBLE


def test_one_line_keeps_words_and_drops_what_a_terminal_would_obey() -> None:
    line = escape.one_line(HOSTILE)
    assert not any(sequence in line for sequence in INVISIBLE)
    assert "red gnp.exe" in line.replace("  ", " ")
    assert "\n" not in line


def test_other_scripts_and_emoji_stay_whole() -> None:
    kept = "日本語 שלום नमस्ते 👩‍💻 naïve"
    assert escape.one_line(kept) == kept


def test_a_lone_surrogate_becomes_a_replacement_so_that_the_file_can_be_written() -> None:
    assert escape.one_line("a\ud800b").encode() == "a\ufffdb".encode()


def test_a_sample_is_160_characters_on_one_line() -> None:
    assert escape.sample("ab\n" * 100) == ("ab " * 100)[:160].rstrip()
    assert escape.excerpt("x" * 160) == "x" * 160
    assert escape.excerpt("x" * 161) == "x" * 160 + "…"


def test_markdown_leaves_no_cell_tag_link_or_mention() -> None:
    safe = escape.markdown(HOSTILE)
    assert "<" not in safe
    assert "](" not in safe.replace("\\](", "")
    assert "`" not in safe.replace("\\`", "")
    assert "|" not in safe.replace("\\|", "")
    assert "@everyone" not in safe
    assert "https://" not in safe
    assert escape.markdown("x86_64 and max_tokens") == "x86_64 and max_tokens"


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\x1b[31m=1", "＝1"])
def test_a_spreadsheet_sees_no_formula(start: str) -> None:
    assert escape.spreadsheet(start).startswith("'")


def test_a_spreadsheet_shows_plain_text_as_it_is() -> None:
    assert escape.spreadsheet("phi-4-mini: a = b") == "phi-4-mini: a = b"


def test_one_is_not_many() -> None:
    assert [escape.counted(number, "cell") for number in (0, 1, 2)] == ["0 cells", "1 cell", "2 cells"]


def test_of_many_names_the_first_few_are_said() -> None:
    assert first_few(["a", "b"], 2) == "a, b"
    assert first_few(["a", "b", "c", "d"], 2) == "a, b and 2 more"
