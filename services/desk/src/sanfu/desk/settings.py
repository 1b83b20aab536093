"""What a deployment may set for desk."""

from pathlib import Path

from pydantic import Field, SecretStr

from sanfu.runtime.settings import ServiceSettings


class DeskSettings(ServiceSettings):
    """Desk's own settings, beside every service's."""

    user_tokens: SecretStr | None = Field(
        None, description="JSON {user id: token}: exactly these may come in; absent: those of the last time"
    )
    user_tokens_file: Path | None = None
    session_hours: float = Field(10, gt=0, le=24, description="a page stays logged in so long: a working day")
    secure_cookies: bool = Field(False, description="set it where pages are served over https: then only there")
