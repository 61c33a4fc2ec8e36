"""Fuzzing: generated typed programs, compiled against interpreted in typed arithmetic. `python tests/fuzz --help`."""
