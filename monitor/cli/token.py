"""`monitor token …` and `monitor user …`: who may use the API and the pages."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json

app = typer.Typer(help="Tokens for the API.", no_args_is_help=True, rich_markup_mode=None)
users = typer.Typer(help="People who may open the pages.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(help="The name.")]


@app.command("create")
def create(
    name: Name,
    *,
    scope: Annotated[list[str] | None, typer.Option("--scope", help="read, label, rules or admin; may be repeated.")] = None,
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it this once; only its hash is kept."""
    from monitor.services.accounts import Accounts

    with opened("make", archive=archive) as service:
        token = Accounts(service.archive).create_token(name, scope or ["read"], service.clock.now())
    if as_json:
        print_json({"name": name, "scopes": scope or ["read"], "token": token})
    else:
        typer.echo(token)


@app.command("list")
def list_tokens(*, archive: Archive = None, as_json: AsJson = False) -> None:
    """Names and scopes of all tokens."""
    from monitor.services.accounts import Accounts

    with opened(archive=archive) as service:
        found = Accounts(service.archive).tokens()
    if as_json:
        print_json(found)
        return
    for one in found:
        typer.echo(f"{one['name']}  {','.join(one['scopes'])}  since {one['created'][:10]}")


@app.command("revoke")
def revoke(name: Name, *, archive: Archive = None, as_json: AsJson = False) -> None:
    """End a token."""
    from monitor.services.accounts import Accounts

    with opened(archive=archive) as service:
        is_known = Accounts(service.archive).revoke_token(name)
    _told(name, is_known=is_known, as_json=as_json, done="revoked", what="token")


@users.command("add")
def add_user(
    name: Name,
    *,
    role: Annotated[str, typer.Option("--role", help="viewer, editor or admin.")] = "viewer",
    password: Annotated[
        str, typer.Option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if missing.")
    ],
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Add a user, or give one a new password and role."""
    from monitor.services.accounts import Accounts

    with opened("make", archive=archive) as service:
        Accounts(service.archive).set_user(name, password, role)
    if as_json:
        print_json({"name": name, "role": role})
    else:
        typer.echo(f"{name} is {role}; log in on the page")


@users.command("list")
def list_users(*, archive: Archive = None, as_json: AsJson = False) -> None:
    """Names and roles of all users."""
    from monitor.services.accounts import Accounts

    with opened(archive=archive) as service:
        found = Accounts(service.archive).users()
    if as_json:
        print_json(found)
        return
    for name, role in found.items():
        typer.echo(f"{name}  {role}")


@users.command("remove")
def remove_user(name: Name, *, archive: Archive = None, as_json: AsJson = False) -> None:
    """Remove a user and end their sessions."""
    from monitor.services.accounts import Accounts

    with opened(archive=archive) as service:
        is_known = Accounts(service.archive).remove_user(name)
    _told(name, is_known=is_known, as_json=as_json, done="removed", what="user")


def _told(name: str, *, is_known: bool, as_json: bool, done: str, what: str) -> None:
    if as_json:
        print_json({"name": name, done: is_known})
    else:
        typer.echo(f"{name} is {done}" if is_known else f"there is no {what} {name}")
    raise typer.Exit(0 if is_known else 1)
