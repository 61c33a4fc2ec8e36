"""What compiled code asks of Python's objects: a call of one of these is made as the interpreter makes it, under its lock."""

import hashlib

import numpy as np


def default_rng(*seed):
    return np.random.default_rng(*seed)


def spawned(generator):
    """The next generator that is independent of this one."""
    return generator.spawn(1)[0]


def chosen(stream, n, weights, cum_weights, k):
    """Places below `n` as `stream.choices` draws them."""
    return np.array(stream.choices(range(n), weights, cum_weights=cum_weights, k=k), np.int64)


def sampled(stream, n, k):
    """Different places below `n` as `stream.sample` draws them."""
    return np.array(stream.sample(range(n), k), np.int64)


def to_bytes(array):
    return array.tobytes()


def acquire(generator):
    """Wait for the generator's lock."""
    generator.bit_generator.lock.acquire()


def release(generator):
    generator.bit_generator.lock.release()


def signed_bytes(number, length, byteorder, signed):
    return number.to_bytes(length, byteorder, signed=signed)


def ordered_bytes(array, order):
    return array.tobytes(order)


def dumps(array):
    return array.dumps()


def tofile(array, file, sep, form):
    array.tofile(file, sep, form)


def save(file, array):
    np.save(file, array)


def savetxt(file, array, fmt, delimiter, newline, header, footer, comments):
    np.savetxt(file, array, fmt, delimiter, newline, header, footer, comments)


def array2string(array, max_line_width, precision, suppress_small, separator, prefix):
    return np.array2string(array, max_line_width, precision, suppress_small, separator, prefix)


def array_repr(array):
    return np.array_repr(array)


def array_str(array):
    return np.array_str(array)


def datetime_as_string(value, unit):
    return str(np.datetime_as_string(value, unit))


def parsed_datetime(text, unit):
    """The number of units since 1970 that a text means as a date."""
    return int(np.datetime64(text, unit).astype(np.int64))


def seed_words(seed):
    """The words of 32 bits, the least first, that `random.seed` makes of a text, bytes or a float."""
    if isinstance(seed, str):
        seed = seed.encode()
    if isinstance(seed, bytes):
        number = int.from_bytes(seed + hashlib.sha512(seed).digest(), "big")
    else:
        number = abs(hash(seed))
    return number.to_bytes(max((number.bit_length() + 31) // 32, 1) * 4, "little")
