"""Bytes that a reader should never choke on: valid files broken in every usual way, and bytes that are no file."""

from collections.abc import Callable, Sequence
from random import Random

TOKENS = (
    b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\r", b"\n\n", b"\t",
    b"\x1b[2J",
    b'"', b"'", b"{", b"}", b"[", b"]", b",", b":", b": ", b"- ", b"#", b"\\", b"null", b"true", b"-0", b"1e999",
    b"NaN", b"-Infinity", b".nan", b".inf", b"[" * 3000, b"{" * 3000, b'{"a":' * 3000, b"- " * 3000, b"? " * 3000,
    b"9" * 5000, b"0x_", b"0o9", b"1_000", b"2001-99-99", b"2001-01-01 99:99:99", b"1:99:99", b"&a [*a, *a]",
    b"&a {<<: *a}", b"*a", b"<<: [1]", b"? [a]\n: b", b"!!python/object:os.system", b"!!binary x", b"!!timestamp x",
    b"!!int x", b"!!set {a, b}", b"---\n", b"...\n", b"%YAML 9", b"data: ", b"data: [DONE]\n\n", b"id:", b"sep=;\n",
    b"=1+1", "\u202e".encode(), "ſ".encode(), "٣".encode(),
)  # fmt: skip
"""What parsers stumble over."""

_LONGEST_RANDOM = 300
_MOST_CHANGES = 6

Change = Callable[[bytes, Random], bytes]


def mutated(valid: Sequence[bytes], random: Random) -> bytes:
    """One input: mostly a valid file with a few changes, now and then bytes without sense."""
    if random.random() < 0.1:
        return random.randbytes(random.randrange(_LONGEST_RANDOM))
    content = random.choice(valid)
    for _ in range(random.randint(1, _MOST_CHANGES)):
        content = random.choice(CHANGES)(content, random)
    return content if random.random() < 0.9 else content + random.choice(valid)


def _at(content: bytes, random: Random) -> int:
    return random.randrange(len(content) + 1)


def _span(content: bytes, random: Random) -> tuple[int, int]:
    start = _at(content, random)
    return start, min(len(content), start + random.choice((1, 1, 2, 8, 64)))


def _flip(content: bytes, random: Random) -> bytes:
    at = _at(content, random)
    return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]


def _insert(content: bytes, random: Random) -> bytes:
    at = _at(content, random)
    return content[:at] + random.choice(TOKENS) + content[at:]


def _replace(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:start] + random.choice(TOKENS) + content[end:]


def _replace_word(content: bytes, random: Random) -> bytes:
    """Put a token where a value was, so that the file stays of its format more often."""
    words = content.split(b" ")
    words[random.randrange(len(words))] = random.choice(TOKENS)
    return b" ".join(words)


def _delete(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:start] + content[end:]


def _double(content: bytes, random: Random) -> bytes:
    start, end = _span(content, random)
    return content[:end] + content[start:]


def _cut(content: bytes, random: Random) -> bytes:
    return content[: _at(content, random)]


CHANGES: tuple[Change, ...] = (_flip, _insert, _replace, _replace_word, _replace_word, _delete, _double, _cut)
