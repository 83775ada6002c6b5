"""Reports of finished run folders: Markdown, CSV, the source's own JSON, and the printed table."""
