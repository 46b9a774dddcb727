"""`garrison waf token`: a client that cannot run the challenge is given its token by whoever runs Garrison."""

from __future__ import annotations

import ipaddress
import secrets
import time

import click

from garrison.cli.instance import instance

AGENT = "garrison-ci"


@click.command()
@click.option("--domain", "-d", required=True, help="Host the requests go to, or one of the web ACL's TokenDomains.")
@click.option("--address", default="127.0.0.1", show_default=True, help="Address the requests come from.")
@click.option("--user-agent", default=AGENT, show_default=True, help="User-Agent the requests have.")
@click.option("--captcha", is_flag=True, help="As if a CAPTCHA had been solved, too.")
def token(domain: str, address: str, user_agent: str, captcha: bool) -> None:
    """Print a token, as if a browser had just done the challenge: the value of the cookie aws-waf-token.

    A token is good for one address, one User-Agent and one domain, and as long as the web ACL's immunity time says.

    \b
        curl -A garrison-ci -b "aws-waf-token=$(garrison waf token -d localhost)" http://localhost:8080/
    """
    from garrison.edge.inspection.token_key import NAME
    from garrison.waf import Request, TokenKeys
    from garrison.waf.token import Token, client_of, host_of

    try:
        source = str(ipaddress.ip_address(address))
    except ValueError:
        raise click.BadParameter(f"{address} is no address.", param_hint="--address") from None
    try:
        key = (instance().data / "edge" / NAME).read_bytes()
    except OSError as e:
        reason = (
            "there is none before the first load balancer or distribution" if isinstance(e, FileNotFoundError) else e
        )
        raise click.ClickException(f"The key that seals tokens cannot be read: {reason}.") from None
    asked = Request(
        method="GET",
        target=b"/",
        headers=((b"host", domain.encode()), (b"user-agent", user_agent.encode())),
        source_ip=source,
    )
    now = int(time.time())
    made = Token(secrets.token_hex(8), client_of(asked), host_of(asked), now, now if captcha else 0)
    click.echo(TokenKeys(key).mint(made))
