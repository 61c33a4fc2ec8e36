"""Texts that grow, are taken apart and put together, and characters of texts: of every width, and nothing is left behind."""

import sys

import pytest

from support import check, check_error, njit

TEXTS = [
    "", "a", "abc", " a  b ", "a,b,,c", ",", "one\ntwo\r\nthree\r\x0bfour\x1c\x1dfive\n", "12345", "ABC def", "Éa ßé\xa0x\x85y",
    "日本 語, テ\u2028キ,スト", "😀,x 😀\n", "٣٤", "ǅ", "a" * 300 + "," + "b" * 300, "x\u2003y", "\t\x1f",
]  # fmt: skip

PARTS = [
    "s.split()", "s.split(',')", "s.split(', ')", "s.split('日')", "s.split(None, 1)", "s.split(',', 1)", "s.split(',', 0)", "s.split('é')",
    "s.splitlines()", "s.splitlines(True)", "','.join(s.split())", "'日'.join(s.split(','))", "''.join([s])", "s.join([s, s, s])",
    "''.join([c for c in s])", "'é'.join([c for c in s])", "s.startswith('a')", "s.endswith('b')", "s.startswith('日本')", "s.endswith('\\n')",
    "s.startswith('')", "s.endswith(s)", "s.startswith(s + 'a')", "s.startswith('日😀')", "s.startswith('é') or s.endswith('é')",
    "f'{s}{s}-{s}'", "f'{s}|'", "f'{s}{len(s)}'", "str(len(s)) + repr(-len(s))", "f'{len(s)}'",
]  # fmt: skip


@pytest.mark.parametrize("expression", PARTS)
def test_parts(expression):
    function = eval(f"lambda s: {expression}")
    for s in TEXTS:
        check(function, s)


@pytest.mark.parametrize("question", "alnum alpha decimal digit numeric space printable lower upper ascii".split())
def test_questions(question):
    function = eval(f"lambda s: (s.is{question}(), [c.is{question}() for c in s])")
    for s in [*TEXTS, "aB", "Ab1", "ª", "½²", "ΑΒ", "αβ", "aΑ", "\x00", "\ud800"]:
        check(function, s)


def test_characters_in_place():
    def counted(s):
        commas = letters = codes = larger = 0
        for i, c in enumerate(s):
            if c == ",":
                commas += 1
            if "a" <= c <= "z" or c == "日":
                letters += 1
            if i > 0 and s[i - 1] < c:
                larger += 1
            codes += ord(c) * len(c)
        return commas, letters, codes, larger

    def kept(s):
        largest = ""
        for c in s:
            if largest < c:
                largest = c
        return largest

    for s in TEXTS:
        check(counted, s)
        check(kept, s)


def test_in_handlers():
    def handled(s):
        n = 0
        for i in range(-1, len(s) + 1):
            try:
                if s[i] == ",":
                    n += ord(s[i + 1])
                s.split(s[i])
                s += s[i]
            except IndexError:
                n += 1000
        return n, s

    for s in TEXTS:
        check(handled, s)


# ---- texts that grow


def test_growing():
    def grown(s, n):
        out = ""
        kept = s
        for i in range(n):
            out += s
            if i == 2:
                kept = out
            out = out + "-"
            s += str(i)
        return out, kept, s

    def through_a_list(s, n):
        parts = [s]
        for _ in range(n):
            last = parts[-1]
            last += s
            parts.append(last)
        return parts

    def keys(s, n):
        seen = {}
        word = s
        for i in range(n):
            seen[word] = i
            word += "x"
        return [(k, seen[k]) for k in seen]

    def doubled(s, n):
        for _ in range(n):
            s = s + s
        return s

    def branches(s, n):
        out = other = s
        for i in range(n):
            if i % 2:
                out += "日"
            else:
                other = out
        return out, other

    for s in ["", "a", "é", "日", "😀", "ab"]:
        for function in (grown, through_a_list, keys, doubled, branches):
            check(function, s, 5)


def test_growing_bytes():
    def grown(b, n):
        out = b""
        for _ in range(n):
            out += b
        return out, b

    check(grown, b"ab", 5)
    check(grown, b"", 2)


def test_growing_and_raising():
    def failing(s, n):
        out = s + s
        for i in range(n):
            out += s
            if i == 3:
                raise ValueError(out)
        return out

    check(failing, "ab", 3)
    check_error(failing, "ab", 5)


def test_parameters_and_constants_stay():
    @njit
    def longer(s):
        t = "constant"
        t += s
        s += "more"
        return t, s

    for _ in range(3):
        word = "".join(["a", "b"])
        count = sys.getrefcount(word)
        assert longer(word) == ("constantab", "abmore")
        assert word == "ab" and sys.getrefcount(word) == count
        assert longer("x") == ("constantx", "xmore")


def test_growing_takes_linear_time():
    @njit
    def grown(n):
        out = ""
        for _ in range(n):
            out += "abcdefgh"
        return len(out)

    # In quadratic time this would copy terabytes.
    assert grown(1_000_000) == 8_000_000


def test_parts_of_lists_that_came_in():
    def joined(words):
        return ",".join(words), len(words)

    check(joined, ["a", "é", "日", ""])
    check(joined, ["abc"])
    check_error(lambda s: s.split(""), "abc")
    check_error(lambda s, t: s.split(t), "abc", "")


def test_no_reference_is_left():
    @njit
    def work(s, words):
        n = 0
        for word in s.split(","):
            n += len(word)
        for word in ",".join(words).splitlines():
            n += len(word)
        return n, s.split(s), words

    s, words = "".join(["ab,", "cd"]), ["".join(["x", str(i)]) for i in range(4)]
    work(s, words)
    before = [sys.getrefcount(o) for o in (s, *words)]
    for _ in range(50):
        work(s, words)
    assert [sys.getrefcount(o) for o in (s, *words)] == before


def test_equal_words_may_be_one_object():
    words = ["ab", "ab", "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmno", "ab\x00", "ab", "", "a", "a\x00", "zz"]

    def parts(s):
        found = s.split(",")
        first = found[0]
        first += "!"
        return found, first, s.split(), ",".join(found)

    check(parts, ",".join(words))
    check(parts, " ".join(words * 3))
    check(parts, ",".join(str(i % 97) for i in range(3000)))
