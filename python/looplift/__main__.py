"""``python -m looplift``: see `looplift._cli`."""

import sys

from looplift._cli import main

sys.exit(main())
