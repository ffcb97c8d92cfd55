"""Dagster's webserver with the guard in front: what `pipelines.ui` starts in place of Dagster's."""

from __future__ import annotations

from typing import Annotated, Any

from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from pydantic import field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from starlette.middleware import Middleware

from pipelines.settings import ConfigurationError
from pipelines.ui.guard import HOSTS_VARIABLE, Guard, is_name


class UiSettings(BaseSettings):
    """What the environment says of the UI's server.

    Raises:
        ConfigurationError: a name that no request could have.
    """

    model_config = SettingsConfigDict(env_prefix="SALESOPS_UI_")

    hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    """Names besides the loopback's under which it is reached, with commas between them."""

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("hosts")
    @classmethod
    def _are_names(cls, hosts: frozenset[str]) -> frozenset[str]:
        if wrong := sorted(host for host in hosts if not is_name(host)):
            raise ConfigurationError(
                f"{HOSTS_VARIABLE}: {wrong[0]!r} is no name of a host: write it as in "
                "sales.example.com, without http://, port or path"
            )
        return hosts


class GuardedWebserver(DagsterWebserver[Any, Any]):
    """Dagster's webserver, which answers pages of its own only."""

    def build_middleware(self) -> list[Middleware]:
        """The guard stands before everything else."""
        return [Middleware(Guard, hosts=UiSettings().hosts), *super().build_middleware()]

    def make_security_headers(self) -> dict[str, str]:
        """Dagster's, and that no page of another site shows one of these in a frame."""
        return {**super().make_security_headers(), "X-Frame-Options": "SAMEORIGIN"}


def main() -> None:
    """`dagster-webserver`, guarded; takes its options."""
    app.DagsterWebserver = GuardedWebserver  # type: ignore[attr-defined]
    cli.cli(auto_envvar_prefix="DAGSTER_WEBSERVER")


if __name__ == "__main__":
    main()
