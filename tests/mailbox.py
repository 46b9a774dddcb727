"""A mail server of a test's own."""

from __future__ import annotations

import socketserver
import threading


class Mailbox(socketserver.ThreadingTCPServer):
    """Takes mail, as little of SMTP as that needs."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        mailbox = self
        self.recipients: list[str] = []
        self.letters: list[str] = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline():
                    word = line.strip().upper()
                    if word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        letter = b""
                        while (part := self.rfile.readline()) != b".\r\n":
                            letter += part
                        mailbox.letters.append(letter.decode())
                    elif word.startswith(b"RCPT TO:"):
                        mailbox.recipients.append(line.decode().strip()[9:-1])
                    elif word == b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    self.wfile.write(b"250 good\r\n")

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
