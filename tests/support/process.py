"""Python processes of their own."""

import os
import subprocess
import sys
import textwrap

from support import MODULE

PRELUDE = f"import numpy as np\nimport {MODULE} as looplift\nfrom {MODULE} import njit\n"


def run(source, expect=0, **environment):
    """Standard output and error of a Python process on `source`, after the imports."""
    return python("-c", PRELUDE + textwrap.dedent(source), expect=expect, **environment)


def python(*arguments, expect=0, **environment):
    """Standard output and error of a Python process."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
    assert done.returncode == expect, done.stderr
    return done.stdout, done.stderr
