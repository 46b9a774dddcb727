"""PDF documents: the signatures they carry, and the line that says who has this copy (the `artifact` extra: pyHanko).

A line is added as an incremental update: the document that was published is the beginning of each copy, byte for byte,
and a signature in it still verifies for what it signed. Readers say that something was added later, which is true.
"""

from __future__ import annotations

import io
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_der_x509_certificate

from garrison.evidence.signing import fingerprint

_PAGES = 5000
"""Pages a document may have."""


_SIZE, _WIDE = 6, 140
"""Points of the line's letters, and how many of them stand beside each other: a page of A4 has room for that."""


class BadPdf(Exception):
    """It cannot be read, a signature in it is not genuine, or the extra is missing. The text says which."""


def signer(document: bytes) -> str:
    """Fingerprint of the key that signed a document (the last one, of several); "" if nobody did.

    Every signature in it must be genuine, and the last one must speak for the whole file: what was added after it is
    signed by nobody. Whose a key is, is for whoever compares the fingerprint: no authority is asked. Raises `BadPdf`.
    """
    reader, validation = _pyhanko()
    found = ""
    try:
        signatures = reader.PdfFileReader(io.BytesIO(document)).embedded_signatures
        for n, one in enumerate(signatures, 1):
            context = validation.context(trust_roots=[one.signer_cert], allow_fetching=False)
            status = validation.validate(one, context)
            if not (status.intact and status.valid):
                raise BadPdf(f"The signature {one.field_name} is not of this document.")
            if n == len(signatures) and status.coverage is not validation.whole:
                raise BadPdf(f"The document was changed after the signature {one.field_name}.")
            certificate = load_der_x509_certificate(one.signer_cert.dump())
            public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            found = fingerprint(public)
    except BadPdf:
        raise
    except Exception as e:  # pyHanko raises many kinds for what is no PDF
        raise BadPdf(f"The document cannot be read as a PDF: {e}") from e
    return found


def watermarked(document: bytes, line: str) -> bytes:
    """The document with a line at the foot of every page. Raises `BadPdf`."""
    _pyhanko()
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.text import TextBoxStyle
    from pyhanko.stamp import TextStamp, TextStampStyle

    try:
        writer: Any = IncrementalPdfFileWriter(io.BytesIO(document))
        if writer.prev.encrypted:
            raise BadPdf("The document is protected by a password.")
        pages = int(writer.root["/Pages"]["/Count"])
        if not 0 < pages <= _PAGES:
            raise BadPdf(f"The document has {pages} pages; it may have 1 to {_PAGES}.")
        text = "\n".join(line[at : at + _WIDE] for at in range(0, len(line), _WIDE))
        style = TextStampStyle(
            stamp_text="%(line)s", border_width=0, text_box_style=TextBoxStyle(font_size=_SIZE, leading=_SIZE + 2)
        )
        stamp = TextStamp(writer, style, text_params={"line": text})
        for page in range(pages):
            stamp.apply(page, 18, 6)
        out = io.BytesIO()
        writer.write(out)
    except BadPdf:
        raise
    except Exception as e:
        raise BadPdf(f"The document cannot be read as a PDF: {e}") from e
    return out.getvalue()


class _Validation:
    def __init__(self) -> None:
        from pyhanko.sign.validation import validate_pdf_signature
        from pyhanko.sign.validation.status import SignatureCoverageLevel
        from pyhanko_certvalidator import ValidationContext

        self.validate: Any = validate_pdf_signature
        self.context: Any = ValidationContext
        self.whole: Any = SignatureCoverageLevel.ENTIRE_FILE


def _pyhanko() -> tuple[Any, _Validation]:
    try:
        from pyhanko.pdf_utils import reader

        return reader, _Validation()
    except ImportError as e:
        raise BadPdf("PDF documents need the artifact extra: pip install 'garrison[artifact]'.") from e
