#!/usr/bin/env python3
"""Whether the sentences of a page are short.

    sentences.py PAGE...       every sentence of more than 40 words, with its place
    sentences.py --self-test   plants one of 41 words, and sees that it is found

A sentence ends at ".", "!", "?" or "…" before a space, and at the end of a paragraph, an item of a list, a
heading or a cell of a table; ";" and ":" end none. A word is what stands between two spaces and holds a
letter or a digit; what stands in `quotes of code` is one word. Blocks of code are no sentences."""
import re
import sys

WORDS_MAX = 40
ITEM = re.compile(r"^\s*(?:[-*]|\d+\.|[a-z]\.)\s+")


def pieces(text):
    """Paragraphs, items, headings and cells: (number of the first line, text)."""
    start, lines, in_code = 0, [], False
    for number, line in enumerate(text.split("\n") + [""], 1):
        fence = line.startswith("```")
        alone = fence or in_code or not line.strip() or line[0] in "|#" or (line.startswith("    ") and
                                                                            not lines)
        if alone or ITEM.match(line):
            if lines:
                yield start, " ".join(lines)
            start, lines = number, []
        in_code ^= fence
        if not alone:
            lines.append(ITEM.sub("", line).strip())
        elif line.startswith("|") and not in_code:
            yield from ((number, cell) for cell in line.strip("| ").split("|"))


def sentences(piece):
    piece = re.sub(r"`[^`]*`", lambda quote: "code." if quote[0].endswith(".`") else "code", piece)
    return re.split(r"(?<=[.!?…])[)\"*]*\s+", piece)


def words_of(sentence):
    return sum(1 for word in sentence.split() if re.search(r"\w", word))


def check(name, text):
    for number, piece in pieces(text):
        for sentence in sentences(piece):
            count = words_of(sentence)
            if count > WORDS_MAX:
                yield f"{name}:{number}: a sentence of {count} words: {sentence[:60]}…"


def self_test():
    fits, too_long = " ".join(["word"] * 40) + ".", " ".join(["word"] * 41) + "."
    text = (
        f"# Page\n\nShort. {fits}\n\n* {fits}\n* one;\n  {too_long[5:]}\n\n| {fits} | {too_long} |\n\n   "
        f" {too_long}\n"
    )
    found = [line.split(": a sentence")[0] for line in check("page", text)]
    if found != ["page:6", "page:9"]:
        return [f"self-test: found {found}"]
    print("self-test: 2 planted sentences, 2 found")
    return []


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    found = []
    for name in arguments:
        with open(name, encoding="utf-8") as file:
            found += check(name, file.read())
    return found if arguments else ["which page?"]


if __name__ == "__main__":
    answers = main(sys.argv[1:])
    if answers:
        print("\n".join(answers))
    sys.exit(bool(answers))
