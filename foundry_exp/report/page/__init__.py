"""report.html: one self-contained file for people, made from what lies in the run folders."""
