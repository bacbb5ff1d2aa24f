"""``python -m neuronseek`` is the command ``neuronseek``."""

import sys

from neuronseek._command import main

sys.exit(main())
