"""The compliance centre: pages for people, of what a running Garrison knows of the account of who is signed in.

It is a client like any other. People come in by Garrison's own sign-in (as `aws login` does), and every page is what
the real APIs answer when asked with that person's credentials: policies decide what is seen, the trail tells who
looked, and what is refused is shown as it was refused. Nothing is read past the APIs, and no page needs a script.
"""
