"""`python -m tests.benchmarks [name ...] [--json] [--scale 0.1]`."""

import sys

from workbench.bench.suite import main

sys.exit(main())
