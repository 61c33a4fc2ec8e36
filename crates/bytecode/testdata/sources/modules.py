"""A module body, with what only occurs there."""
from math import *
import sys
a: int = 1
b = [i for i in range(3) if i]
for i in b:
    try:
        print(i)
    except ValueError as e:
        pass
    finally:
        del i
class K:
    """Doc."""
    z = a
    def f(self): return self.z
if a: b
with open("x") as f: pass
c = {k: v for k, v in zip(b, b)}
