"""What compiled code asks of Python's objects: a call of one of these is made as the interpreter makes it, under its lock."""

import numpy as np


def default_rng(*seed):
    return np.random.default_rng(*seed)


def to_bytes(array):
    return array.tobytes()


def acquire(generator):
    """Wait for the generator's lock."""
    generator.bit_generator.lock.acquire()


def release(generator):
    generator.bit_generator.lock.release()
