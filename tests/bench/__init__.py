"""Programs that measure speed, one command each: `python -m tests.bench.NAME [--json]`. Speed is never asserted in a
test: machines differ. Each prints its figures with their distribution and their rival measured in the same run."""
