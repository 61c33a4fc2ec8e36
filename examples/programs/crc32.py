"""CRC-32 of a byte array, with its table."""

import zlib

import numpy as np
from _data import random

POLYNOMIAL = 0xEDB88320


def make_table():
    table = np.zeros(256, np.int64)
    for i in range(256):
        value = i
        for _ in range(8):
            if value & 1:
                value = (value >> 1) ^ POLYNOMIAL
            else:
                value >>= 1
        table[i] = value
    return table


def crc32(data):
    table = make_table()
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ int(byte)) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


KERNELS = (make_table, crc32)
VECTORISED_BY_LLVM = False
SIZES = {"check": 2_000, "python": 1_000_000, "main": 16_000_000}


def make(n):
    return (random(11).integers(0, 256, n).astype(np.uint8),)


def work(n):
    return n


def check(args, result):
    assert result == zlib.crc32(args[0].tobytes())
