"""`garrison assess answer`: a customer's question, or questionnaire, answered from evidence."""

from __future__ import annotations

import time
from pathlib import Path

import click

from garrison.cli.assess_history import spoken
from garrison.cli.assess_report import evidence_directory, evidence_option
from garrison.cli.output import output_option, print_rows, write_out


@click.command("answer")
@click.argument("asked", metavar="QUESTION|FILE")
@click.option("--account", required=True, metavar="ID", help="Of which account.")
@click.option("--sheet", "sheets", multiple=True, help="Only this sheet of a workbook; repeatable.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="FILE of answers to write (xlsx or csv).")
@evidence_option
@output_option()
def answer_(
    asked: str, account: str, sheets: tuple[str, ...], out: Path | None, evidence: Path | None, output: str
) -> None:
    """Answer from what the account's last assessment recorded, with the evidence cited; nothing is guessed.

    A file is a workbook, CSV or JSON. What evidence does not tell is said to be so, and a yes is said only to what was
    looked at.
    """
    from garrison.assess.answers import answer
    from garrison.assess.answers.questionnaire import BadQuestionnaire, Question, read, written
    from garrison.assess.known import results

    file = Path(asked)
    try:
        questions = read(file.read_bytes(), sheets) if file.is_file() else [Question("", 1, asked)]
    except BadQuestionnaire as e:
        raise click.UsageError(str(e)) from e
    with spoken():
        known = {one.check: one for one in results(evidence_directory(evidence), account)}
    rows = []
    for question in questions:
        found = answer(question.text, known, time.time())
        cited = [one.evidence for one in found.citations if one.evidence]
        rows.append(
            {"question": question.text, "answer": found.verdict.value, "response": found.text, "evidence": cited}
        )
    if out is not None:
        table = [[str(r["question"]), str(r["answer"]), str(r["response"]), " ".join(r["evidence"])] for r in rows]
        content, media_type = written(table, ("Question", "Answer", "Response", "Evidence"))
        if out.suffix == ".xlsx" and media_type.startswith("text/csv"):
            raise click.UsageError("A workbook needs the questionnaires extra: pip install 'garrison[questionnaires]'.")
        write_out(content, out)
        return
    print_rows(rows, ("question", "response", "evidence"), output, name="answers")
