"""The scripts here were run once, with other frameworks; the suite reads what they recorded."""

collect_ignore_glob = ["record_*.py"]
