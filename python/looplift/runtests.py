"""`python -m looplift.runtests`: whether this installation works on this machine.

Each test compares a compiled function with the interpreter; together they reach every part of the package once, in a few seconds. Takes the arguments
of `unittest` (names of tests, `-v`, `-k`), and `-l` lists the tests. The project's own test suite is not part of the package.
"""

import sys
import unittest

import numpy as np

import looplift
import looplift.experimental
from looplift import guvectorize, njit, prange, stencil, vectorize

A = np.linspace(-2.0, 3.0, 12).reshape(3, 4)


class SelfTest(unittest.TestCase):
    """One test a part of the package."""

    def agree(self, function, *args, **options):
        got, want = njit(**options)(function)(*args), function(*args)
        np.testing.assert_array_almost_equal_nulp(np.asarray(got), np.asarray(want), 4)

    def test_numbers(self):
        def collatz(n):
            steps = 0
            while n != 1:
                n = n // 2 if n % 2 == 0 else 3 * n + 1
                steps += 1
            return steps

        self.agree(collatz, 27)
        self.assertEqual(njit(collatz).py_func(27), 111)

    def test_array_expressions(self):
        self.agree(lambda a: np.exp(a) * 2 + a[:, ::-1].sum(axis=1)[:, None], A)

    def test_loops_over_arrays(self):
        def smooth(a):
            out = np.zeros_like(a)
            for i in range(a.shape[0]):
                for j in range(1, a.shape[1] - 1):
                    out[i, j] = (a[i, j - 1] + a[i, j] + a[i, j + 1]) / 3
            return out

        self.agree(smooth, A)

    def test_containers_and_texts(self):
        def count(words):
            seen = {}
            for word in words:
                seen[word.upper()] = seen.get(word.upper(), 0) + 1
            return sorted(seen.items())

        words = ("b", "a", "B")
        self.assertEqual(njit(count)(words), count(words))

    def test_exceptions(self):
        def inverse(n):
            if n < 0:
                raise ValueError("below zero")
            return 1 // n

        for wrong, kind in ((-1, ValueError), (0, ZeroDivisionError)):
            with self.assertRaises(kind):
                njit(inverse)(wrong)

    def test_threads(self):
        def total(a):
            s = 0.0
            for i in prange(a.size):
                s += a.flat[i] ** 2
            return s

        self.assertAlmostEqual(njit(parallel=True)(total)(A), float((A**2).sum()))

    def test_ufuncs(self):
        double = vectorize(["float64(float64)"])(lambda x: 2 * x)
        np.testing.assert_array_equal(double(A), 2 * A)

        @guvectorize(["void(float64[:], float64[:])"], "(n)->()")
        def last(row, out):
            out[0] = row[-1]

        np.testing.assert_array_equal(last(A), A[:, -1])

    def test_stencils(self):
        across = stencil(lambda a: a[0, -1] + a[0, 1])
        np.testing.assert_array_equal(across(A)[:, 1:-1], A[:, :-2] + A[:, 2:])

    def test_classes(self):
        @looplift.experimental.jitclass([("n", looplift.int64)])
        class Counter:
            def __init__(self, n):
                self.n = n

            def step(self):
                self.n += 1
                return self.n

        counter = Counter(3)
        self.assertEqual((counter.step(), njit(lambda c: c.step() + c.n)(counter)), (4, 10))

    def test_random_streams(self):
        def draw(g):
            return g.normal(0.0, 1.0, 3)

        np.testing.assert_array_equal(njit(draw)(np.random.default_rng(1)), draw(np.random.default_rng(1)))

    def test_callbacks(self):
        add = looplift.cfunc("float64(float64, float64)")(lambda x, y: x + y)
        self.assertEqual(add.ctypes(1.0, 2.5), 3.5)


def main(argv=None):
    """Runs the tests named by the arguments, or lists them; gives the exit status."""
    argv = sys.argv[1:] if argv is None else argv
    if "-l" in argv or "--list" in argv:
        tests = [f"{SelfTest.__name__}.{name}" for name in unittest.defaultTestLoader.getTestCaseNames(SelfTest)]
        print(*tests, f"{len(tests)} tests found", sep="\n")
        return 0
    done = unittest.main(module=sys.modules[__name__], argv=["looplift.runtests", *argv], exit=False)
    return 0 if done.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
