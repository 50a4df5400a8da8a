"""The C++ sources of the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def sources():
    """Every .h and .cc below lib, services, tests and bench, as paths from the root."""
    for part in ("lib", "services", "tests", "bench"):
        for path in sorted((ROOT / part).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path.relative_to(ROOT)
