"""Account Management: who is written to about an account, and what it is called."""

from garrison.services.account import contacts, information, located, unsupported

__all__ = ["contacts", "information", "located", "unsupported"]
