"""`python -m tests.schemas`: write them."""

from tests.schemas.written import write

write()
