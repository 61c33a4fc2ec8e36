"""Functions of numbers beside the ufuncs proper: parts of floats, special values, rounding, sinc, i0; and their forms for arrays."""

import math
from functools import cache

import numpy as np

from looplift.library._registry import overload
from looplift.library._types import (
    element_class,
    is_absent,
    is_array,
    is_complex,
    is_index,
    is_int,
    is_number,
    is_real,
    is_time,
    is_true,
    kind,
    kind_of,
    promote,
    scalar_class,
)


def _float_class(t):
    """The float class NumPy computes in for arguments of class `t`."""
    if kind_of(t) == "f":
        return t
    return np.float32 if t in (np.int16, np.uint16) else np.float64


def _class_of(t):
    return element_class(t) if is_array(t) else scalar_class(t)


# Floats


@cache
def _spacing(t):
    def spacing(x):
        a = t(x)
        if not np.isfinite(a):
            return t(np.nan)
        if a < 0:
            return np.nextafter(a, t(-np.inf)) - a
        if a == 0 and np.signbit(a):
            return -np.nextafter(t(0), t(1))
        up = np.nextafter(a, t(np.inf))
        return up - a

    return spacing


@overload("numpy.spacing")
def spacing(x):
    return _spacing(_float_class(scalar_class(x))) if is_real(x) else None


@cache
def _ldexp_exact(t):
    def ldexp(x1, x2):
        a = float(x1)
        if a == 0.0 or not math.isfinite(a):
            return t(a)
        e = min(max(int(x2), -5000), 5000)
        fraction, exponent = math.frexp(a)
        e += exponent
        if e > 1024:
            return t(math.copysign(math.inf, a))
        return t(math.ldexp(fraction, e))

    return ldexp


@overload("numpy.ldexp")
def ldexp(x1, x2):
    if is_real(x1) and is_index(x2):
        return _ldexp_exact(_float_class(scalar_class(x1)))


@cache
def _modf(t):
    def modf(x):
        a = t(x)
        whole = np.trunc(a)
        if np.isinf(a):
            return np.copysign(t(0), a), a
        return np.copysign(a - whole, a), whole

    return modf


@cache
def _modf_array(t):
    def modf(x):
        fraction = np.empty(x.shape, t)
        whole = np.empty(x.shape, t)
        flat = x.copy().ravel()
        parts = fraction.ravel()
        wholes = whole.ravel()
        for i in range(len(flat)):
            f, w = one(flat[i])
            parts[i] = f
            wholes[i] = w
        return fraction, whole

    one = _modf(t)
    return modf


@overload("numpy.modf")
def modf(x):
    if is_real(x):
        return _modf(_float_class(scalar_class(x)))
    if is_array(x) and kind_of(element_class(x)) != "c":
        return _modf_array(_float_class(element_class(x)))


@cache
def _frexp(t):
    def frexp(x):
        a = t(x)
        if not np.isfinite(a):
            return a, np.int32(0)
        fraction, exponent = math.frexp(float(a))
        return t(fraction), np.int32(exponent)

    return frexp


@cache
def _frexp_array(t):
    def frexp(x):
        fraction = np.empty(x.shape, t)
        exponent = np.empty(x.shape, np.int32)
        flat = x.copy().ravel()
        parts = fraction.ravel()
        exponents = exponent.ravel()
        for i in range(len(flat)):
            f, e = one(flat[i])
            parts[i] = f
            exponents[i] = e
        return fraction, exponent

    one = _frexp(t)
    return frexp


@overload("numpy.frexp")
def frexp(x):
    if is_real(x):
        return _frexp(_float_class(scalar_class(x)))
    if is_array(x) and kind_of(element_class(x)) != "c":
        return _frexp_array(_float_class(element_class(x)))


def _divmod(x1, x2):
    return np.floor_divide(x1, x2), np.remainder(x1, x2)


def _divmod_into(x1, x2, out1, out2):
    quotient = np.floor_divide(x1, x2)
    rest = np.remainder(x1, x2)
    out1[...] = quotient
    out2[...] = rest
    return out1, out2


@overload("numpy.divmod")
def divmod_into(x1, x2, out1, out2):
    if all(is_array(t) and t.mutable for t in (out1, out2)):
        return _divmod_into


@overload("numpy.divmod")
def divmod_(x1, x2):
    if all((is_array(t) and kind_of(element_class(t)) != "c") or is_real(t) for t in (x1, x2)):
        return _divmod


# Integers


@cache
def _fmod(t):
    def fmod(x1, x2):
        a = t(x1)
        b = t(x2)
        if b == 0:
            return t(0)
        rest = a % b
        # The sign is the dividend's.
        if rest != 0 and (a < 0) != (rest < 0):
            return t(rest - b)
        return t(rest)

    return fmod


@overload("numpy.fmod")
def fmod(x1, x2):
    if is_int(x1) and is_int(x2):
        return _fmod(promote(scalar_class(x1), scalar_class(x2)))


@cache
def _bitwise_count(t):
    def bitwise_count(x):
        # Of a negative number the bits of its size.
        n = np.uint64(abs(x)) if signed else np.uint64(x)
        count = 0
        while n:
            n = n & (n - np.uint64(1))
            count += 1
        return np.uint8(count)

    signed = kind_of(t) == "i"
    return bitwise_count


@overload("numpy.bitwise_count")
def bitwise_count(x):
    return _bitwise_count(scalar_class(x)) if is_int(x) else None


# Special values


@cache
def _constant_of(value):
    def constant(x):
        return value

    return constant


@cache
def _is_infinite(positive):
    if positive:

        def isposinf(x, out=None):
            return np.isinf(x) and not np.signbit(x)

        return isposinf

    def isneginf(x, out=None):
        return np.isinf(x) and bool(np.signbit(x))

    return isneginf


@cache
def _are_infinite(found, filled):
    def written(x, out):
        flags = np.empty(x.shape, np.bool_)
        to = flags.ravel()
        values = x.copy().ravel()
        for i in range(len(values)):
            to[i] = found(values[i])
        out[...] = flags
        return out

    def infinite(x, out=None):
        return written(x, np.empty(x.shape, np.bool_))

    def infinite_into(x, out=None):
        return written(np.asarray(x), out)

    return infinite_into if filled else infinite


def _infinite_for(x, out, above):
    found = _is_infinite(above)
    if is_real(x) and is_absent(out):
        return found
    if is_real(x) or (is_array(x) and kind_of(element_class(x)) in "biuf"):
        if is_absent(out):
            return _are_infinite(found, False)
        if is_array(out) and out.mutable:
            return _are_infinite(found, True)


@overload("numpy.isposinf")
def isposinf(x, out=None):
    return _infinite_for(x, out, True)


@overload("numpy.isneginf")
def isneginf(x, out=None):
    return _infinite_for(x, out, False)


def _is_complex_number(x):
    return x.imag != 0


def _is_real_number(x):
    return x.imag == 0


@cache
def _all_alike(value):
    def alike(x):
        out = np.empty(x.shape, np.bool_)
        out[...] = value
        return out

    return alike


@overload("numpy.iscomplex")
def iscomplex(x):
    if is_array(x):
        return _is_complex_number if kind_of(element_class(x)) == "c" else _all_alike(False)
    if is_number(x):
        return _is_complex_number if is_complex(x) else _constant_of(False)


@overload("numpy.isreal")
def isreal(x):
    if is_array(x):
        return _is_real_number if kind_of(element_class(x)) == "c" else _all_alike(True)
    if is_number(x):
        return _is_real_number if is_complex(x) else _constant_of(True)


def _is_complex_kind(x):
    """Whether what a type stands for holds complex numbers; None if it is no array, number, text or None."""
    if is_array(x) or is_number(x):
        return kind_of(_class_of(x)) == "c"
    return False if is_absent(x) or kind(x) in ("str", "literal_str", "bytes") else None


@cache
def _complex_unless_none(found):
    def iscomplexobj(x):
        return x is not None and found

    return iscomplexobj


@cache
def _real_or_none(found):
    def isrealobj(x):
        return x is None or not found

    return isrealobj


@overload("numpy.iscomplexobj")
def iscomplexobj(x):
    found = _is_complex_kind(x.type if kind(x) == "optional" else x)
    if found is not None:
        return _complex_unless_none(found) if kind(x) == "optional" else _constant_of(found)


@overload("numpy.isrealobj")
def isrealobj(x):
    found = _is_complex_kind(x.type if kind(x) == "optional" else x)
    if found is not None:
        return _real_or_none(found) if kind(x) == "optional" else _constant_of(not found)


def _is_scalar(element):
    return True


def _is_no_scalar(element):
    return False


@overload("numpy.isscalar")
def isscalar(element):
    text = getattr(element, "kind", None) in ("literal_str", "str", "unicode", "bytes")
    return _is_scalar if is_number(element) or is_time(element) or text else _is_no_scalar


@cache
def _nan_to_num(t, given):
    if kind_of(t) == "c":
        part = np.dtype(t).type(0).real.dtype.type
        fix = _nan_to_num_real(part, given)

        def nan_to_num(x, nan, posinf, neginf):
            return t(complex(fix(x.real, nan, posinf, neginf), fix(x.imag, nan, posinf, neginf)))

    elif kind_of(t) == "f":
        nan_to_num = _nan_to_num_real(t, given)

    else:

        def nan_to_num(x, nan, posinf, neginf):
            return x

    return nan_to_num


@cache
def _nan_to_num_real(t, given):
    above, below = given
    largest = t(np.finfo(t).max)

    def fix(x, nan, posinf, neginf):
        if np.isnan(x):
            return t(nan)
        if np.isinf(x):
            if x > 0:
                if above:
                    return t(posinf)
                return largest
            if below:
                return t(neginf)
            return -largest
        return x

    return fix


@cache
def _nan_to_num_form(fix, array, copies, t):
    if not array:

        def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
            return t(fix(t(x), nan, posinf, neginf))

    elif copies:

        def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
            out = np.empty(x.shape, t)
            flat = x.copy().ravel()
            to = out.ravel()
            for i in range(len(to)):
                to[i] = fix(flat[i], nan, posinf, neginf)
            return out

    else:

        def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
            made = np.nan_to_num(x, True, nan, posinf, neginf)
            x[...] = made
            return x

    return nan_to_num


@overload("numpy.nan_to_num")
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    if not (is_array(x) or is_number(x)):
        return None
    if not all(isinstance(v, float) or is_absent(v) or is_real(v) for v in (nan, posinf, neginf)):
        return None
    t = _class_of(x)
    given = (not is_absent(posinf), not is_absent(neginf))
    return _nan_to_num_form(_nan_to_num(t, given), is_array(x), is_true(copy) or not is_array(x), t)


def _same(a, tol=100):
    return a


@overload("numpy.real_if_close")
def real_if_close(a, tol=100):
    # Whether the parts are small is known at run time only: the type stays what it is.
    return _same if is_array(a) or is_number(a) else None


@cache
def _sinc(t):
    if kind_of(t) == "c":

        def sinc(x):
            y = t(math.pi) * x
            if y == 0:
                return t(1)
            return t(np.sin(y) / y)

    else:

        def sinc(x):
            y = t(math.pi) * t(x)
            if y == 0:
                return t(1)
            return t(np.sin(y) / y)

    return sinc


@overload("numpy.sinc")
def sinc(x):
    if is_number(x):
        t = scalar_class(x)
        return _sinc(t if kind_of(t) in "fc" else np.float64)


# Chebyshev coefficients of exp(-x) I0(x) on [0, 8] and of exp(-x) sqrt(x) I0(x) beyond (Clenshaw, 1962; as Cephes has them).
_I0_LOW = (
    -4.41534164647933937950e-18,
    3.33079451882223809783e-17,
    -2.43127984654795469359e-16,
    1.71539128555513303061e-15,
    -1.16853328779934516808e-14,
    7.67618549860493561688e-14,
    -4.85644678311192946090e-13,
    2.95505266312963983461e-12,
    -1.72682629144155570723e-11,
    9.67580903537323691224e-11,
    -5.18979560163526290666e-10,
    2.65982372468238665035e-9,
    -1.30002500998624804212e-8,
    6.04699502254191894932e-8,
    -2.67079385394061173391e-7,
    1.11738753912010371815e-6,
    -4.41673835845875056359e-6,
    1.64484480707288970893e-5,
    -5.75419501008210370398e-5,
    1.88502885095841655729e-4,
    -5.76375574538582365885e-4,
    1.63947561694133579842e-3,
    -4.32430999505057594430e-3,
    1.05464603945949983183e-2,
    -2.37374148058994688156e-2,
    4.93052842396707084878e-2,
    -9.49010970480476444210e-2,
    1.71620901522208775349e-1,
    -3.04682672343198398683e-1,
    6.76795274409476084995e-1,
)
_I0_HIGH = (
    -7.23318048787475395456e-18,
    -4.83050448594418207126e-18,
    4.46562142029675999901e-17,
    3.46122286769746109310e-17,
    -2.82762398051658348494e-16,
    -3.42548561967721913462e-16,
    1.77256013305652638360e-15,
    3.81168066935262242075e-15,
    -9.55484669882830764870e-15,
    -4.15056934728722208663e-14,
    1.54008621752140982691e-14,
    3.85277838274214270114e-13,
    7.18012445138366623367e-13,
    -1.79417853150680611778e-12,
    -1.32158118404477131188e-11,
    -3.14991652796324136454e-11,
    1.18891471078464383424e-11,
    4.94060238822496958910e-10,
    3.39623202570838634515e-9,
    2.26666899049817806459e-8,
    2.04891858946906374183e-7,
    2.89137052083475648297e-6,
    6.88975834691682398426e-5,
    3.36911647825569408990e-3,
    8.04490411014108831608e-1,
)


def _chebyshev(x, coefficients):
    b0 = coefficients[0]
    b1 = 0.0
    b2 = 0.0
    for i in range(1, len(coefficients)):
        b2 = b1
        b1 = b0
        b0 = x * b1 - b2 + coefficients[i]
    return 0.5 * (b0 - b2)


def bessel_i0(x):
    y = abs(x)
    if y <= 8.0:
        return math.exp(y) * _chebyshev(y / 2.0 - 2.0, _I0_LOW)
    return np.exp(y) * _chebyshev(32.0 / y - 2.0, _I0_HIGH) / math.sqrt(y)


@cache
def _i0(t):
    def i0(x):
        return t(bessel_i0(float(x)))

    return i0


@overload("numpy.i0")
def i0(x):
    if is_real(x):
        t = scalar_class(x)
        return _i0(t if kind_of(t) == "f" else np.float64)

