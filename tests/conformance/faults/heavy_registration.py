"""A registration that makes everybody wait for numpy."""

import numpy as np

COUNT = np.int64(1)
