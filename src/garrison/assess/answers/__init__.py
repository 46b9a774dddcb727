"""Questions answered from evidence: by looking up what checks said, never by guessing.

A question is of a topic or of none. "Yes" is said only where every word that carries meaning is accounted for and
every check of the topic passed; whatever a question asks beyond that, the facts are told and the rest is named.
"""

from garrison.assess.answers.answer import Answer, Citation, Verdict, answer
from garrison.assess.answers.topics import Topic, topics

__all__ = ["Answer", "Citation", "Topic", "Verdict", "answer", "topics"]
