"""Texts: looplift, Numba and CPython in turns.

    python benchmarks/texts.py --peer-python .venv-numba-3.11/bin/python
    python benchmarks/texts.py --only split join

One process an engine; each case runs warm, its results are compared with the interpreter's first, and each figure is the median
of the rounds' ratios of CPU times. Bars: split, join and replace of 10 MB at most 0.7 of Numba's time; every case at most
CPython's.
"""

import argparse
import json
import statistics
import sys
import time

from serving import Worker

MEGABYTES = 10
CASES = {}


def case(arguments):
    """Registers a function with what makes its arguments."""

    def register(function):
        CASES[function.__name__] = (function, arguments)
        return function

    return register


def prose(megabytes=MEGABYTES):
    line = "the quick brown fox jumps over the lazy dog, and runs away from 12345 bears\n"
    return line * (megabytes * 1_000_000 // len(line))


def numbered(megabytes=MEGABYTES):
    """Words that are all different."""
    return " ".join(str(1_000_000 + i) for i in range(megabytes * 1_000_000 // 8))


@case(lambda: (prose(),))
def split(text):
    return len(text.split(" "))


@case(lambda: (numbered(),))
def split_distinct(text):
    return len(text.split(" "))


@case(lambda: (numbered(),))
def join_distinct(text):
    return len(",".join(text.split(" ")))


@case(lambda: (prose(),))
def split_spaces(text):
    return len(text.split())


@case(lambda: (prose(),))
def split_and_join(text):
    return len("-".join(text.split(" ")))


@case(lambda: (prose(),))
def replace(text):
    return len(text.replace("fox", "wolf"))


@case(lambda: (prose(),))
def lines(text):
    longest = 0
    for line in text.splitlines():
        longest = max(longest, len(line))
    return longest


@case(lambda: (prose(1),))
def count_character(text):
    n = 0
    for c in text:
        if c == "o":
            n += 1
    return n


@case(lambda: (prose(1),))
def codes(text):
    total = 0
    for i in range(len(text)):
        total += ord(text[i])
    return total


@case(lambda: (prose(1),))
def digits(text):
    n = 0
    for c in text:
        if c.isdigit():
            n += 1
    return n


@case(lambda: ("abc", 200_000))
def append(piece, n):
    text = ""
    for _ in range(n):
        text += piece
    return len(text)


@case(lambda: (20_000,))
def numbers(n):
    total = 0
    for i in range(n):
        total += len(str(i)) + len(f"{i}:{i + 1}")
    return total


@case(lambda: (prose(1),))
def words_with_capital(text):
    n = 0
    for word in text.split():
        if word.startswith("f") or word.endswith("y"):
            n += len(word.upper())
    return n


@case(lambda: (prose(1),))
def word_counts(text):
    counts = {}
    for word in text.split():
        counts[word] = counts.get(word, 0) + 1
    return len(counts)


@case(lambda: (prose(1),))
def reversed_slices(text):
    n = 0
    for i in range(0, len(text) - 8, 8):
        if text[i : i + 8][::-1] < text[i + 1 : i + 9]:
            n += 1
    return n


@case(lambda: (numbered(1),))
def split_distinct_spaces(text):
    return len(text.split())


@case(lambda: (prose(), "no such bear"))
def find_nothing(text, part):
    return text.find(part) + text.rfind(part)


@case(lambda: (prose(), "bears"))
def count_part(text, part):
    return text.count(part)


@case(lambda: (prose(1), "e"))
def count_letter(text, part):
    return text.count(part)


@case(lambda: (prose(1), "fox"))
def find_all(text, part):
    at, n = text.find(part), 0
    while at >= 0:
        n += 1
        at = text.find(part, at + 1)
    return n


@case(lambda: (prose(1),))
def upper_lower(text):
    return len(text.upper()) + len(text.lower())


@case(lambda: (prose(1),))
def word_case(text):
    n = 0
    for word in text.split():
        n += len(word.lower()) + len(word.capitalize())
    return n


@case(lambda: (prose(1),))
def strip_words(text):
    n = 0
    for word in text.split(" "):
        n += len(word.strip(",")) + len(word.rstrip()) + len(word.lstrip("t"))
    return n


@case(lambda: (prose(1), "ox"))
def words_containing(text, part):
    n = 0
    for word in text.split():
        if part in word:
            n += 1
    return n


@case(lambda: (prose(1),))
def replace_words(text):
    n = 0
    for word in text.split():
        n += len(word.replace("o", "00"))
    return n


@case(lambda: (prose(1),))
def equal_words(text):
    n, last = 0, ""
    for word in text.split():
        if word == "the" or word == last:
            n += 1
        last = word
    return n


@case(lambda: (numbered(1),))
def parse_ints(text):
    total = 0
    for word in text.split():
        total += int(word)
    return total


@case(lambda: (" ".join(f"{i * 0.37:.6f}" for i in range(100_000)),))
def parse_floats(text):
    total = 0.0
    for word in text.split():
        total += float(word)
    return total


@case(lambda: (100_000,))
def format_ints(n):
    total = 0
    for i in range(n):
        total += len(str(i * 7919))
    return total


@case(lambda: (50_000,))
def format_floats(n):
    total = 0
    for i in range(n):
        total += len(f"{i * 0.37}")
    return total


@case(lambda: (50_000,))
def format_spec(n):
    total = 0
    for i in range(n):
        total += len(f"{i * 0.37:.3f} {i:5d}")
    return total


@case(lambda: (prose(1),))
def build_joined(text):
    parts = []
    for line in text.splitlines():
        parts.append(line[:10] + "..." + line[-5:])
    return len("\n".join(parts))


@case(lambda: (prose(1),))
def partition_lines(text):
    n = 0
    for line in text.splitlines():
        head, mark, tail = line.partition(",")
        n += len(head) - len(tail)
    return n


@case(lambda: (prose(1),))
def fields_of_lines(text):
    n = 0
    for line in text.splitlines():
        n += len(line.split(" ")[3])
    return n


@case(lambda: (prose(1),))
def caesar(text):
    out = ""
    for c in text:
        if c.isalpha():
            out += chr((ord(c) - 97 + 3) % 26 + 97)
        else:
            out += c
    return len(out)


@case(lambda: (prose(1),))
def zero_filled(text):
    n = 0
    for word in text.split():
        n += len(word.zfill(8)) + len(word.ljust(10)) + len(word.center(12))
    return n


def serve(module):
    """Answers requests on standard input: `[case, "check"]` or `[case, repetitions]`."""
    import warnings

    warnings.simplefilter("ignore")
    jit = (lambda f: f) if module == "python" else __import__(module).njit
    ready = {}
    for line in sys.stdin:
        name, what = json.loads(line)
        try:
            if name not in ready:
                function, arguments = CASES[name]
                ready[name] = (jit(function), arguments())
            function, arguments = ready[name]
            if what == "check":
                answer = function(*arguments)
            else:
                start = time.process_time()
                for _ in range(what):
                    function(*arguments)
                answer = (time.process_time() - start) / what
            print(json.dumps({"answer": answer}), flush=True)
        except Exception as e:
            print(json.dumps({"error": f"{type(e).__name__}: {str(e).splitlines()[0][:80]}"}), flush=True)


def repetitions(seconds):
    return max(1, min(50, int(0.1 / max(seconds, 1e-6))))


def measure(name, workers, rounds):
    """Median ratios of our time to the peer's and to CPython's, and our time in seconds; texts where there is none."""
    answers = [w.ask(name, "check") for w in workers]
    wrong = [a for a in answers if a.get("answer") != answers[-1].get("answer")]
    if "error" in answers[0] or answers[0] in wrong:
        return [answers[0].get("error", "wrong answer")]
    taking_part = [w for w, a in zip(workers, answers, strict=True) if a not in wrong]
    counts = [repetitions(w.ask(name, 1)["answer"]) for w in taking_part]
    times = []
    for r in range(rounds):
        order = range(len(taking_part)) if r % 2 == 0 else reversed(range(len(taking_part)))
        times.append({k: taking_part[k].ask(name, counts[k])["answer"] for k in order})
    ratios = [statistics.median(t[0] / t[k] for t in times) for k in range(1, len(taking_part))]
    peer = [ratios[0]] if len(ratios) == 2 else [answers[1].get("error", "wrong answer")]
    return [statistics.median(t[0] for t in times), *peer, ratios[-1]]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has Numba")
    parser.add_argument("--ours-python", default=sys.executable, help="interpreter that has looplift")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--serve", metavar="MODULE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return
    workers = [
        Worker(__file__, options.ours_python, "looplift"),
        Worker(__file__, options.peer_python, "numba"),
        Worker(__file__, options.ours_python, "python"),
    ]
    print(f"{'case':20} {'ms':>9} {'of Numba':>10} {'of CPython':>10}")
    for name in CASES:
        if options.only and not any(part in name for part in options.only):
            continue
        found = measure(name, workers, options.rounds)
        first = f"{found[0] * 1e3:9.2f}" if isinstance(found[0], float) else found[0]
        rest = [f"{x:10.2f}" if isinstance(x, float) else x for x in found[1:]]
        print(f"{name:20} {first} {' '.join(rest)}", flush=True)


if __name__ == "__main__":
    main()
