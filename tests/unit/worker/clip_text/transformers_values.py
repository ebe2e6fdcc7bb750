"""Writes transformers_values.json: tokens of texts by transformers' CLIPTokenizer.

usage: transformers_values.py MERGES.txt > transformers_values.json     (MERGES.txt: .deps/clip/merges.txt)

The values beside this file were made with Python 3.11 and transformers 5.23.0. Run again only to add cases.
"""

import json
import sys

import transformers

TEXTS = [
    "", " ", "a photo of a cat", "A Photo of a CAT.", "anger", "happiness", "disgust!", "  two   blanks\tand\nlines ",
    "it's they're I've I'm we'll he'd don't", "IT'S O'Brien's rock'n'roll ''s 's", "x'sx 'tis 'revolt",
    "1234567890", "3.14159 2nd 1st CO2 10,000", "0.5e-4", "a-b_c+d=e", "!!!???...", "hello,world;foo:bar",
    "(paren)[brackets]{braces}<angles>", "émigré café naïve", "E\u0301migre\u0301", "ÀÉÎÕÜ àéîõü ß ẞ ﬁ ǆ ǅ",
    "İstanbul ıspanak", "ΣΑΣ Οδυσσεύς", "Привет, мир! ЁЖИК", "你好,世界", "こんにちは 世界 カタカナ", "안녕하세요", "한국",
    "مرحبا بالعالم", "שלום", "नमस्ते दुनिया", "สวัสดี", "😀 😂👍🏽 👨‍👩‍👧‍👦 🇨🇳", "☺️ ❤️‍🔥 ✓ ✗",
    "½ ¼ Ⅷ ² ³ ٣ ४ 五 ①", "€100 £5 ¥7 $3.50 20%", "a\u00a0b\u2003c\u3000d\u0085e\u200bf\ufefff", "a\u001cb\u001fc\u0000d",
    "foo_bar.baz@example.com https://example.com/?q=1&r=2", "<|startoftext|>", "a<|endoftext|>b", "<|ENDOFTEXT|>!",
    "!<|StartOfText|>x", "<|endoftext|", "supercalifragilisticexpialidocious", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "Donaudampfschifffahrtsgesellschaftskapitän", "ſ K Å ℵ ℝ", "𝒜𝓃 𝔸 𐍈 𐐀𐐁", "\u0130\u0307 i\u0307", "q\u0323\u0307 q\u0307\u0323",
    "\u1100\u1161\u11a8", "a\u0300\u0301\u0302\u0303", "tab\ttab\r\nnewline\vvertical\fform", "‘quotes’ “double” «guillemets» …—–",
    "’s ’t it’s", "\ud7a3\ue000\ufffd\U000e0001", "word " * 100, "supercalifragilistic" * 30, "1 " * 200, "é" * 100,
    "an", "di", "fe", "ha", "sa", "su", "a photo of a person who feels anger.", "surprise_2 / contempt",
]


def main():
    merges = open(sys.argv[1], encoding="utf-8").read().split("\n")[1:49152 - 256 - 2 + 1]
    printable = [*range(33, 127), *range(0xA1, 0xAD), *range(0xAE, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    letters = [chr(byte) for byte in printable] + [chr(256 + n) for n in range(len(others))]
    tokens = letters + [letter + "</w>" for letter in letters] + [merge.replace(" ", "") for merge in merges]
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    tokenizer = transformers.CLIPTokenizer(
        vocab={token: number for number, token in enumerate(tokens)}, merges=[tuple(merge.split()) for merge in merges])
    print("[")
    for number, text in enumerate(TEXTS):
        ids = tokenizer(text, max_length=77, truncation=True)["input_ids"]
        end = "," if number + 1 < len(TEXTS) else ""
        print(json.dumps([text, ids], separators=(",", ":")) + end)
    print("]")


main()
