"""Text as a model, a log or a config may hand it over, and what must not be left of it."""

RIGHT_TO_LEFT = "\u202e"
HOSTILE = (
    "=cmd|' /C calc'!A1 | a | b\n# heading\r\n<script>alert(1)</script> `tick` **bold** [x](javascript:1) "
    f"\x1b[31mred\x1b[0m \x1b]0;title\x07\x9b2J {RIGHT_TO_LEFT}gnp.exe\x00\x07 @everyone https://evil.example &amp;"
)
INVISIBLE = ("\x1b", "\x9b", "\x00", "\x07", "\r", RIGHT_TO_LEFT, "]0;title")
