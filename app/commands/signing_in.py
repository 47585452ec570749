"""`login` and `logout`."""

import socket
from typing import Annotated

import typer

from app.commands.kept_sign_in import SignIn, forget, keep, sign_in_file
from app.commands.output import errors
from app.commands.service import Service, service_command

NAME_MAXIMUM = 80


@service_command
def login(
    service: Service,
    handle: Annotated[str, typer.Option(help="Your handle; asked for if left out.", show_default=False)] = "",
) -> None:
    """Sign in: asks for handle and password, or takes --token, and keeps a token for this machine."""
    before = service.sign_in
    sign_in = _with_token(service) if service.token else _with_password(service, handle)
    keep(service.address, sign_in)
    if before is not None and before.token_id is not None:
        _revoke(service, before)
    answer = {"host": service.address, "handle": sign_in.handle, "kept_in": str(sign_in_file())}
    service.tell(answer, f"Signed in at {service.address} as {sign_in.handle}. The token is kept in {sign_in_file()}.")


def _with_token(service: Service) -> SignIn:
    with service.client() as client:
        return SignIn(client.me().handle, service.token)


def _with_password(service: Service, handle: str) -> SignIn:
    from app.client.connection import is_open_to_others

    if is_open_to_others(service.address):
        errors.print(f"{service.address} is not encrypted: others on the network may read the password.", markup=False)
    handle = handle or typer.prompt("Handle", err=True)
    password = typer.prompt("Password", hide_input=True, err=True)
    with service.client_with(None) as client:
        made = client.make_token(handle.strip(), password, _token_name())
    with service.client_with(made.token) as client:
        return SignIn(client.me().handle, made.token, made.id)


def _token_name() -> str:
    """By which its owner knows it again in the list of tokens."""
    return f"mnist-benchmark on {socket.gethostname()}"[:NAME_MAXIMUM]


@service_command
def logout(service: Service) -> None:
    """Sign out: revokes the token that login made, and forgets it."""
    kept = service.sign_in
    if kept is None:
        service.tell({"host": service.address, "signed_in": False}, f"Nobody is signed in at {service.address}.")
        return
    forget(service.address)
    is_revoked = kept.token_id is not None and _revoke(service, kept)
    told = f"Signed out at {service.address}; the token is {'revoked' if is_revoked else 'forgotten here'}."
    if not is_revoked:
        told += " It stays valid until you revoke it on your account's page."
    service.tell({"host": service.address, "signed_in": False, "revoked": is_revoked}, told)


def _revoke(service: Service, kept: SignIn) -> bool:
    """Make a token that login made worthless; False if the service cannot be asked or does not know it any more."""
    from app.client import ClientError

    try:
        with service.client_with(kept.token) as client:
            client.revoke_token(kept.token_id or 0)
    except ClientError:
        return False
    return True
