"""Question-answer rows from the user's own texts: passages, what is kept, and where it came from."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import ScriptedServer

import generate_instruction
from masterkey.instructions import questions as question_rows
from masterkey.instructions.questions import passage_spans, read_passages, refusal
from masterkey.rows.records import read_rows
from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_json, read_text

# Invented. 38 words.
PASSAGE = (
    "The tin oxide colloid was diluted to 2.5 wt%, spun on ITO at 3,000 rpm and annealed at 150 °C "
    "for 30 min. Films of MAPbI3 were then cast from DMF; the solvent was removed under vacuum, which "
    "gave large grains."
)
PIECES = st.sampled_from(["Word", "a b c. D", "\n\n", "\n", " ", ". ", "é"])
QUESTION = "At what temperature was the tin oxide colloid annealed on ITO?"


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        (QUESTION, "The tin oxide colloid was annealed at 150 °C for 30 min.", None),
        (QUESTION, "Annealing of the tin oxide film on ITO at 150 °C took 30 min.", None),
        ("Which solvent were the MAPbI3 films cast from?", "MAPbI₃ was cast from DMF.", None),
        ("How fast was the colloid spun on ITO?", "It was spun at 3000 rpm.", None),
        ("Which anneal temperature had the colloid?", "The temperature was 150 °C.", None),
        (QUESTION, "The colloid was annealed at 180 °C.", "number not in the passage"),
        ("Why was MAPbI3 annealed at 100 °C?", "MAPbI3 was cast.", "number not in the passage"),
        (QUESTION, "The colloid was annealed under N2.", "name not in the passage"),
        ("What was MAPbBr3 cast from?", "The film was cast from DMF.", "name not in the passage"),
        ("What is the PCE of a MAPbI3 film cast from DMF?", "It has large grains.", None),
        (QUESTION, "A furnace heated it slowly to the melting point.", "words not in the passage"),
        ("What does the passage say of ITO?", "ITO was spun.", "refers to the text"),
        ("What does Figure 2 show of ITO films?", "Large grains.", "refers to the text"),
        ("How did the authors remove the solvent?", "Under vacuum.", "refers to the text"),
        (QUESTION, "As described above, it was annealed.", "refers to the text"),
        ("What is the work function of ITO?", "ITO gave large grains.", None),
        ("What was cast?", "Films were cast.", "too short"),
        ("Tell me what was cast from DMF.", "Films were cast.", "no question"),
    ],
)
def test_pairs_are_kept_when_they_stand_by_themselves_and_are_grounded(question, answer, reason):
    assert refusal(question, answer, PASSAGE) == reason


@pytest.mark.slow
def test_sentences_of_papers_are_grounded_in_their_own_passage_only(shared_data, tmp_path):
    for number, row in enumerate(read_json(shared_data / "sii360.json")[:40]):
        (tmp_path / f"{number}.txt").write_text(row["input"], encoding="utf-8")
    passages = read_passages(tmp_path, 300)
    own, other = [], []
    for passage, another in zip(passages, passages[7:], strict=False):
        for sentence in re.split(r"(?<=[.])\s+(?=[A-Z])", passage.text):
            if 6 <= len(sentence.split()) <= 40:
                own.append(refusal("How was the film made?", sentence, passage.text))
                other.append(refusal("How was the film made?", sentence, another.text))
    assert len(own) > 500
    assert set(own) == {None, "refers to the text"}
    assert own.count(None) / len(own) > 0.9
    assert other.count(None) / len(other) < 0.02


def test_passages_are_whole_paragraphs_as_long_as_they_fit():
    paragraph = "One two three four five six seven eight nine ten. "
    text = f"Title\n\n{paragraph * 4}\n\n{paragraph * 2}\n \n{paragraph * 5}"
    spans = [text[start:end] for start, end in passage_spans(text, 62)]
    assert [len(span.split()) for span in spans] == [61, 50]
    assert spans[0].startswith("Title\n\nOne")
    assert spans[0].endswith("ten.")


def test_a_long_paragraph_is_cut_between_sentences_and_a_long_sentence_between_words():
    sentences = "Ten words are in each one of these short sentences. " * 9
    assert [len(sentences[a:b].split()) for a, b in passage_spans(sentences, 45)] == [40, 40]
    words = "word " * 100
    assert [len(words[a:b].split()) for a, b in passage_spans(words, 35)] == [35, 35, 30]


def test_a_list_of_references_gives_no_passage():
    paper = "One two three four five six. " * 20
    spans = passage_spans(
        f"{paper}\n\n7. References\n" + "[1] A. Name, J. Phys. 1, 2 (2003).\n" * 9, 300
    )
    assert [end for _, end in spans] == [len(paper.rstrip())]
    early = f"References\n\n{paper}"
    assert passage_spans(early, 300)[0][1] == len(early.rstrip())


@given(st.lists(PIECES).map("".join), st.integers(1, 40))
def test_passages_cover_what_is_long_enough_and_never_overlap(text, most_words):
    end_before = 0
    for start, end in passage_spans(text * 5, most_words):
        piece = (text * 5)[start:end]
        assert start >= end_before
        assert piece == piece.strip()
        assert question_rows.FEWEST_PASSAGE_WORDS <= len(piece.split()) <= most_words
        end_before = end


def test_folders_without_text_are_named(tmp_path):
    with pytest.raises(UserError, match=r"is no folder; name the folder"):
        read_passages(tmp_path / "absent", 300)
    (tmp_path / "a.txt").write_text("too little")
    (tmp_path / "b.docx").write_bytes(b"PK")
    with pytest.raises(UserError, match=r"has no passage of at least 30 words in its 1 files"):
        read_passages(tmp_path, 300)


@pytest.mark.slow
@pytest.mark.parametrize("with_passage", [False, True])
def test_rows_keep_their_source_and_train_as_they_are(tmp_path, with_passage):
    texts = tmp_path / "papers"
    (texts / "2024").mkdir(parents=True)
    (texts / "one.txt").write_bytes(b"\xef\xbb\xbfHead\r\n\r\n" + PASSAGE.encode())
    (texts / "2024" / "two.md").write_text(PASSAGE.replace("150", "170"), encoding="utf-8")

    questions = {
        "150": "At what temperature was it annealed?",
        "170": "How hot did the tin oxide get?",
    }

    def reply(body: dict) -> str:
        celsius = "170" if "170 °C" in body["prompt"] else "150"
        return (
            f" {questions[celsius]}\nAnswer: At {celsius} °C.\n"
            "[Pair 2]\nQuestion: What does Table 1 hold of it?\nAnswer: Films.\n"
            "[Pair 3]\nQuestion: How were films of MAPbI3 cast?\nAnswer: From DMF."
        )

    with ScriptedServer(reply=reply) as server:
        arguments = generate_instruction.Arguments(
            "tiny",
            str(tmp_path / "out"),
            domain="text",
            texts=str(texts),
            base_url=server.base_url,
            with_passage=with_passage,
        )
        generate_instruction.main(arguments)
        n_requests = len(server.requests)
        generate_instruction.main(arguments)  # every passage was asked for: nothing to do
        assert len(server.requests) == n_requests + 1
    rows = read_json(tmp_path / "out" / "regen.json")
    assert len(rows) == 3  # the question on MAPbI3 is kept once
    assert len(read_rows(tmp_path / "out" / "regen.json", answers="required")) == 3
    for row in rows:
        source = row["source"]
        passage = read_text(texts / source["file"])[source["start"] : source["end"]]
        assert row["output"].split(" ", 1)[1].rstrip(".") in passage
        assert row["input"] == (passage if with_passage else "")
    dropped = read_json(tmp_path / "out" / "regen.header.json")["counts"]["dropped"]
    assert dropped == {"refers to the text": 2, "too similar": 1}


@pytest.mark.slow
def test_changed_texts_are_not_mixed_in(tmp_path):
    texts = Path(tmp_path) / "papers"
    texts.mkdir()
    (texts / "one.txt").write_text(PASSAGE, encoding="utf-8")
    with ScriptedServer(reply=lambda body: "nothing") as server:
        arguments = generate_instruction.Arguments(
            "tiny", str(tmp_path / "out"), domain="text", texts=str(texts), base_url=server.base_url
        )
        generate_instruction.main(arguments)
        (texts / "two.txt").write_text(PASSAGE, encoding="utf-8")
        with pytest.raises(UserError, match="written with another passages"):
            generate_instruction.main(arguments)
