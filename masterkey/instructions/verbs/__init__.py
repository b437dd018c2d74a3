"""The root verbs of English instructions and their direct objects, for one figure: data/diversity.py.

The figure shows how varied instructions are, as those of Self-Instruct and Stanford Alpaca do.
Nothing else in this repository needs these files, and nobody who is not after that figure needs to
read them.

- `counts.py`: verbs and objects of a file counted, and the rule's errors on hand-labelled instructions;
- `sunburst.py`: the figure;
- `root_verbs.py` (begin here), `sentences.py`, `question_verbs.py`, `noun_phrases.py`,
  `english_words.py`: the rule that finds verb and object, with a lexicon and without a model.

Why own code and not a parser: the parsers that pip installs with a model inside were measured on the
same 271 labelled instructions and are wrong three times as often or more (docs/experiments.md,
2026-11-28). Should a better one appear, `python data/diversity.py --labelled
tests/fixtures/labelled_instructions.jsonl` is the bar, and these five files go.
"""
