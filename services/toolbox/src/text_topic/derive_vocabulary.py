#!/usr/bin/env python3
"""Derives vocabulary.tsv from WordNet and categories.toml.

    apt-get install wordnet-base
    python3 derive_vocabulary.py [/usr/share/wordnet] > vocabulary.tsv

A noun or verb category is the hyponym closure of its root synsets. The weight of a lemma in a category is
the share of the lemma's senses that fall into it, each sense counted by its frequency in SemCor
(`cntlist.rev`), smoothed by one over its rank; it is written as a digit from 1 to 9. `words` in
categories.toml add what WordNet does not know and override its weight.
"""
import hashlib, pathlib, sys, tomllib
from collections import defaultdict

HERE = pathlib.Path(__file__).parent
DICT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/wordnet")
SHORTEST = 0.06


class WordNet:
    def __init__(self, pos, letter):
        self.letter = letter
        self.senses = {}
        self.hyponyms = defaultdict(list)
        self.words = {}
        for line in open(DICT / f"index.{pos}", encoding="latin-1"):
            if line.startswith("  "):
                continue
            f = line.split()
            self.senses[f[0]] = f[-int(f[2]):]
        for line in open(DICT / f"data.{pos}", encoding="latin-1"):
            if line.startswith("  "):
                continue
            f = line.split(" | ")[0].split()
            n = int(f[3], 16)
            self.words[f[0]] = [f[4 + 2 * i] for i in range(n)]
            at = 4 + 2 * n
            for i in range(int(f[at])):
                kind, target = f[at + 1 + 4 * i], f[at + 2 + 4 * i]
                if kind in ("~", "~i"):
                    self.hyponyms[f[0]].append((target, kind))
        self.counts = {}
        number = {"n": "1", "v": "2"}[letter]
        for line in open(DICT / "cntlist.rev", encoding="latin-1"):
            key, sense, count = line.split()
            lemma, rest = key.split("%", 1)
            if rest.startswith(number + ":"):
                self.counts[lemma, int(sense)] = int(count)

    def synset(self, name):
        lemma, letter, number = name.rsplit(".", 2)
        if letter != self.letter or lemma not in self.senses:
            sys.exit(f"categories.toml: no synset `{name}`")
        senses = self.senses[lemma]
        if int(number) > len(senses):
            sys.exit(f"categories.toml: `{lemma}` has only {len(senses)} senses, `{name}` asks for more")
        return senses[int(number) - 1]

    def closure(self, roots, instances):
        found, todo = set(), list(roots)
        while todo:
            synset = todo.pop()
            if synset in found:
                continue
            found.add(synset)
            todo.extend(t for t, kind in self.hyponyms[synset] if kind == "~" or instances)
        return found

    def weight(self, lemma, synsets):
        mass = [self.counts.get((lemma, rank), 0) + 1 / rank for rank in range(1, len(self.senses[lemma]) + 1)]
        inside = sum(m for m, s in zip(mass, self.senses[lemma]) if s in synsets)
        return inside / sum(mass)


def members(net, name, spec):
    synsets = net.closure((net.synset(s) for s in spec.get("roots", [])), spec.get("instances", False))
    synsets -= net.closure((net.synset(s) for s in spec.get("except", [])), True)
    synsets |= {net.synset(s) for s in spec.get("synsets", [])}
    out = {}
    for synset in synsets:
        for word in net.words[synset]:
            lemma = word.split("(")[0].lower()
            weight = net.weight(lemma, synsets)
            if weight >= SHORTEST and keep(lemma):
                out[plain(lemma)] = max(1, min(9, round(weight * 9)))
    for entry in spec.get("words", []):
        word, _, digit = entry.partition("=")
        out[plain(word)] = int(digit or 9)
    for word in spec.get("drop", []):
        out.pop(plain(word), None)
    return out


def plain(lemma):
    return lemma.replace("_", " ").replace("-", " ").replace(".", "").strip()


def keep(lemma):
    return lemma.isascii() and len(lemma) > 1 and lemma.count("_") <= 3 and not lemma[0].isdigit()


def main():
    source = (HERE / "categories.toml").read_bytes()
    spec = tomllib.loads(source.decode())
    table = defaultdict(dict)
    for kind, pos, letter in (("noun", "noun", "n"), ("verb", "verb", "v")):
        net = WordNet(pos, letter)
        for name, category in spec[kind].items():
            for lemma, digit in members(net, name, category).items():
                table[lemma][name] = digit
    print("# Derived from WordNet 3.0 by derive_vocabulary.py; see LICENSE-WORDNET. Do not edit by hand.")
    print(f"# categories.toml sha256 {hashlib.sha256(source).hexdigest()}")
    for name, members_of in spec["group"].items():
        print(f"@{name}\t{' '.join(members_of)}")
    for lemma in sorted(table):
        print(lemma + "\t" + " ".join(f"{n}{d}" for n, d in sorted(table[lemma].items())))


main()
