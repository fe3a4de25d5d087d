"""Word files made of the XML that they are, since nothing here writes them; and zip files that are bombs."""

import io
import zipfile
from collections.abc import Mapping

TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STYLES = "".join(
    f'<w:style w:type="paragraph" w:styleId="Heading{level}"><w:name w:val="heading {level}"/></w:style>'
    for level in (1, 2)
)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A zip file of these."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return file.getvalue()


def relations(*rows: str) -> str:
    """A part of relations, of rows such as 'Id="r1" Type="…" Target="…"'."""
    return f'<Relationships xmlns="{RELATIONSHIPS}">{"".join(f"<Relationship {row}/>" for row in rows)}</Relationships>'


def docx(body: str, before: str = "", more: Mapping[str, str | bytes] | None = None, *links: str) -> bytes:
    """A Word file with this body, in elements of the namespace `w`; `before` stands at the start of its XML."""
    return zipped(
        {
            "[Content_Types].xml": TYPES,
            "_rels/.rels": relations(f'Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"'),
            "word/document.xml": f'{before}<w:document xmlns:w="{WORD}" xmlns:r="{OFFICE}"><w:body>{body}</w:body>'
            "</w:document>",
            "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{STYLES}</w:styles>',
            "word/_rels/document.xml.rels": relations(f'Id="s" Type="{OFFICE}/styles" Target="styles.xml"', *links),
            **(more or {}),
        }
    )


def paragraph(text: str, style: str = "", bold: bool = False) -> str:
    """A paragraph of a Word file."""
    looks = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{looks}<w:r>{'<w:rPr><w:b/></w:rPr>' * bold}<w:t>{text}</w:t></w:r></w:p>"


def table(*rows: tuple[str, ...]) -> str:
    """A table of a Word file."""
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"
