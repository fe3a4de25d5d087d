"""Texts in any encoding, Office's files as Markdown, and the sentence for what is neither."""

import datetime
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pptx
import pytest
from pptx.util import Inches

from backend.chat.errors import DocumentRefused
from backend.documents.reader import DocumentReader, documents
from backend.documents.text import decoded
from backend.documents.values import DocumentInfo
from tests.support.office import OFFICE, WORD, docx, paragraph, table, zipped

GERMAN = "Falsches Üben von Xylophonmusik quält jeden größeren Zwerg. Die Gebühr beträgt 12,50 €.\n" * 20
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. Широкая электрификация южных губерний.\n" * 20
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n" * 40


@pytest.fixture(scope="module")
def reader() -> Iterator[DocumentReader]:
    with closing(documents()) as sandbox:
        yield DocumentReader(sandbox.run)


def file(folder: Path, data: bytes) -> Path:
    path = folder / "upload"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("", "utf-8-sig"), (GERMAN, "utf-8"), (GERMAN, "utf-8-sig"), (GERMAN, "utf-16"), (GERMAN, "utf-32"),
        (JAPANESE, "utf-16-be-mark"), (GERMAN, "cp1252"), (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"), (JAPANESE, "euc_jp"), ("one \x1b[31mred\x1b[0m word\n", "ascii"),
    ],
)  # fmt: skip
def test_a_text_is_read_in_its_encoding(reader: DocumentReader, tmp_path: Path, text: str, encoding: str) -> None:
    data = b"\xfe\xff" + text.encode("utf-16-be") if encoding == "utf-16-be-mark" else text.encode(encoding)
    assert reader.text(file(tmp_path, data), "a.txt") == text
    assert reader.look(tmp_path / "upload", "a.txt") == DocumentInfo("text", text_length=len(text))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Référence;Désignation;Quantité\n12;Crème brûlée;3\n", "cp1252"), ("Total: 12,50 €", "cp1252"),
        ("Não há informações disponíveis. A ação será concluída amanhã.", "cp1252"), ("Café", "cp1252"),
        ("Bjørn går på ærlig vei, så får han blåbær.", "cp1252"), ("Åke åt räksmörgås på ön i går.", "cp1252"),
        ("Größe: 5 €, Straße 7 – „so“.", "cp1252"), ("Perché no? È così: città, virtù.", "cp1252"),
        ("Zażółć gęślą jaźń, proszę bardzo.", "cp1250"), ("Příliš žluťoučký kůň úpěl.", "cp1250"),
        ("이것은 한국어 텍스트 파일입니다.", "euc_kr"), ("这是一个中文文本文件，用于测试编码识别。", "gb18030"),
    ],
)  # fmt: skip
def test_a_short_text_of_an_older_program_has_its_own_letters(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding), "a.txt") == text


def test_lines_end_in_one_way(reader: DocumentReader, tmp_path: Path) -> None:
    assert reader.text(file(tmp_path, b"a\r\nb\rc\n"), "a.txt") == "a\nb\nc\n"


def test_a_text_that_is_too_long_is_told_with_its_length_and_the_limit(reader: DocumentReader, tmp_path: Path) -> None:
    path = file(tmp_path, b"x" * 1_000_000)
    assert len(reader.text(path, "a.txt")) == 1_000_000
    with pytest.raises(
        DocumentRefused, match=r"^“a.txt” has 1,000,001 characters of text, over the limit of 1,000,000. Add a part"
    ):
        reader.text(file(tmp_path, b"x" * 1_000_001), "a.txt")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "“a.txt” is empty. Check the file, and add it again."),
        (b"text\0" * 100, "“a.txt” isn't an image, a PDF or a text file. Save it as one of these, then add it."),
        (zipped({"a": "b"}), "“a.txt” isn't an image, a PDF or a text file. Save it as one of these, then add it."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
         "“a.txt” is in an older format. Save it as .docx, then add it."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"),
         "“a.txt” is in an older format. Save it as .xlsx, then add it."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "PowerPoint Document".encode("utf-16-le"),
         "“a.txt” is in an older format. Save it as .pptx, then add it."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
         "“a.txt” is protected by a password. Save a copy without it, then add that."),
    ],
)  # fmt: skip
def test_what_is_no_text_is_told_in_a_sentence(
    reader: DocumentReader, tmp_path: Path, data: bytes, sentence: str
) -> None:
    for read in (reader.look, reader.text):
        with pytest.raises(DocumentRefused) as refused:
            read(file(tmp_path, data), "C:\\folder\\a.txt")
        assert str(refused.value) == sentence


def test_a_file_over_the_limit_and_one_that_is_gone_are_told_of(tmp_path: Path) -> None:
    reader = DocumentReader(max_bytes=1_500_000)
    with pytest.raises(DocumentRefused, match=r"“a” is 2.0 MB, over the limit of 1.5 MB. Add a part of it."):
        reader.look(file(tmp_path, b"x" * 2_000_000), "a")
    with pytest.raises(DocumentRefused, match=r"^“a” couldn't be read. Upload it again.$"):
        reader.look(tmp_path / "none", "a")
    with pytest.raises(DocumentRefused, match=r"^The file couldn't be read. Upload it again.$"):
        reader.look(tmp_path / "none", "\n")


def test_a_word_file_becomes_markdown_with_its_tables(reader: DocumentReader, tmp_path: Path) -> None:
    body = (
        paragraph("Report", "Heading1") + paragraph("A bold word", bold=True) + table(("Name", "Sum"), ("a|b", "3"))
        + paragraph("Part", "Heading2") + paragraph("5 &lt; 6")
    )  # fmt: skip
    assert reader.text(file(tmp_path, docx(body)), "a.docx") == (
        "# Report\n\n**A bold word**\n\n| Name | Sum |\n| --- | --- |\n| a\\|b | 3 |\n\n## Part\n\n5 < 6"
    )


def test_a_word_files_lists_become_lists(reader: DocumentReader, tmp_path: Path) -> None:
    def item(text: str, level: int, kind: int) -> str:
        looks = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{kind}"/></w:numPr></w:pPr>'
        return f"<w:p>{looks}<w:r><w:t>{text}</w:t></w:r></w:p>"

    def kind(number: int, name: str) -> str:
        levels = "".join(f'<w:lvl w:ilvl="{level}"><w:numFmt w:val="{name}"/></w:lvl>' for level in (0, 1))
        return f'<w:abstractNum w:abstractNumId="{number}">{levels}</w:abstractNum>'

    numbering = f'<w:numbering xmlns:w="{WORD}">{kind(1, "bullet")}{kind(2, "decimal")}' + "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>' for number in (1, 2)
    )
    body = item("a", 0, 1) + item("b", 1, 1) + item("c", 0, 1) + paragraph("x") + item("one", 0, 2) + item("two", 0, 2)
    more, link = (
        {"word/numbering.xml": f"{numbering}</w:numbering>"},
        f'Id="n" Type="{OFFICE}/numbering" Target="numbering.xml"',
    )
    text = reader.text(file(tmp_path, docx(body, "", more, link)), "a.docx")
    assert text == "- a\n  - b\n- c\n\nx\n\n1. one\n2. two"


def test_a_workbook_becomes_a_table_for_each_sheet(reader: DocumentReader, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Sums"
    first.append(["Day", "Sum", None])
    first.append([datetime.date(2026, 1, 2), 0.1 + 0.2])
    first.append([])
    first.append([datetime.datetime(2026, 1, 2, 3, 4), True, None, "far"])
    book.create_sheet("Empty")
    buffer = io.BytesIO()
    book.save(buffer)
    assert reader.text(file(tmp_path, buffer.getvalue()), "a.xlsx") == (
        "## Sums\n\n| Day | Sum |  |  |\n| --- | --- | --- | --- |\n| 2026-01-02 | 0.3 |  |  |\n"
        "| 2026-01-02 03:04 | True |  | far |\n\n## Empty"
    )


def test_a_sheet_is_cut_at_its_limits_and_says_so(reader: DocumentReader, tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Long")
    for number in range(10_500):
        sheet.append([number])
    book.create_sheet("Wide").append(list(range(1_000)))
    buffer = io.BytesIO()
    book.save(buffer)
    text = reader.text(file(tmp_path, buffer.getvalue()), "a.xlsx")
    assert "| 9999 |" in text
    assert "| 10000 |" not in text
    assert "| 99 |\n" in text
    assert text.count("(Only the first 10,000 rows and 100 columns of this sheet are here.)") == 2


def test_slides_become_their_texts_and_tables(reader: DocumentReader, tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Results\nof May"
    box = slide.shapes.add_group_shape().shapes.add_textbox(0, 0, Inches(1), Inches(1))
    box.text_frame.text = "First line\nSecond line"
    cells = slide.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(2)).table
    for row, words in enumerate((("a", "b"), ("1", "2"))):
        for column, word in enumerate(words):
            cells.cell(row, column).text = word
    slide.notes_slide.notes_text_frame.text = "say this"
    show.slides.add_slide(show.slide_layouts[6])
    buffer = io.BytesIO()
    show.save(buffer)
    assert reader.text(file(tmp_path, buffer.getvalue()), "a.pptx") == (
        "## Slide 1: Results of May\n\nFirst line\nSecond line\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n"
        "Notes: say this\n\n## Slide 2"
    )
