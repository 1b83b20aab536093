"""The doors' routes: logging in by password or token, going out, here or everywhere; changing a password."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from sanfu.desk.entrypoints.door_words import DOOR, span
from sanfu.desk.entrypoints.pages import Language, page
from sanfu.desk.entrypoints.sessions import COOKIE, Sessions
from sanfu.desk.handlers import Desk
from sanfu.runtime.http import own_router
from sanfu.runtime.pages import address, form, same_site
from sanfu.runtime.rules import Refusal


@dataclass(frozen=True, slots=True)
class Doors:
    """What the doors need. `secure`: cookies are sent over https only. `passwords`, `provider`: which ways in there are
    beside tokens."""

    desk: Desk
    sessions: Sessions
    secure: bool
    passwords: bool = True
    provider: bool = False

    def shown(self, name: str, language: str, status: int = 200, **more: Any) -> HTMLResponse:
        return page(name, self.desk, language, status, door=DOOR[language], **more)

    def login(self, language: str, status: int = 200, wrong: str = "") -> HTMLResponse:
        return self.shown("login.html", language, status, wrong=wrong, ways=self)

    def refused(self, refusal: Refusal, language: str, wrong: str = "wrong") -> HTMLResponse:
        """Show the login again, with why; how long to wait in the header, too."""
        answer = self.login(language, refusal.status, said(refusal, language, wrong))
        if wait := refusal.more.get("retry_after"):
            answer.headers["Retry-After"] = str(wait)
        return answer

    def let_in(self, cookie: str, answer: Response) -> Response:
        answer.set_cookie(
            COOKIE, cookie, max_age=int(self.sessions.entry.seconds), httponly=True, samesite="strict",
            secure=self.secure, path="/",
        )  # fmt: skip
        return answer

    def let_out(self, language: str) -> Response:
        answer = RedirectResponse(f"/login?lang={language}", 303)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=self.secure)
        return answer


def said(refusal: Refusal, language: str, wrong: str = "wrong") -> str:
    """Put a refusal in the page's words."""
    words = DOOR[language]
    match refusal.status:
        case 429:
            return words["wait"].format(n=span(refusal.more["retry_after"], language))
        case 422:
            return words["weak"]
    return words[wrong]


def routes(doors: Doors) -> APIRouter:
    router = own_router(tags=["pages"])
    entry = doors.sessions.entry

    @router.get("/login", response_class=HTMLResponse)
    async def door(language: Language = "zh") -> Response:
        return doors.login(language)

    @router.post("/login", response_class=HTMLResponse, include_in_schema=False)
    async def enter(request: Request, language: Language = "zh") -> Response:
        """Take a form with `account` and `password`, or with `token`; give the session's cookie, go to the board."""
        same_site(request)
        given = await form(request)
        try:
            if token := given.get("token"):
                cookie = await entry.by_token(token.strip(), address(request))
            elif doors.passwords:
                account = given.get("account", "").strip()
                cookie = await entry.by_password(account, given.get("password", ""), address(request))
            else:
                raise Refusal(401, "not-let-in", "There are no passwords here: use the city's login, or a token.")
        except Refusal as refusal:
            return doors.refused(refusal, language)
        return doors.let_in(cookie, RedirectResponse(f"/board?lang={language}", 303))

    @router.post("/logout", include_in_schema=False)
    async def leave(request: Request, language: Language = "zh") -> Response:
        same_site(request)
        if cookie := request.cookies.get(COOKIE):
            await entry.leave(cookie)
        return doors.let_out(language)

    @router.post("/logout/everywhere", include_in_schema=False)
    async def leave_everywhere(request: Request, language: Language = "zh") -> Response:
        session = await doors.sessions.session(request)
        if session is not None:
            doors.sessions.of_this_session(request, await form(request))
            await entry.leave_everywhere(session.who.id)
        return doors.let_out(language)

    if doors.passwords:
        _passwords(router, doors)
    return router


def _passwords(router: APIRouter, doors: Doors) -> None:
    @router.get("/password", response_class=HTMLResponse)
    async def change(request: Request, language: Language = "zh") -> Response:
        """The page on which one's own password is changed; whoever is not logged in is shown the door."""
        return await _password_page(doors, request, language)

    @router.post("/password", response_class=HTMLResponse, include_in_schema=False)
    async def changed(request: Request, language: Language = "zh") -> Response:
        session = await doors.sessions.session(request)
        if session is None:
            return doors.let_out(language)
        given = await form(request)
        doors.sessions.of_this_session(request, given)
        old, new = given.get("old", ""), given.get("new", "")
        if new != given.get("again", ""):
            return await _password_page(doors, request, language, status=422, wrong=DOOR[language]["differ"])
        try:
            await doors.sessions.entry.change_password(session, old, new, address(request))
        except Refusal as refusal:
            why = said(refusal, language, "old_wrong")
            return await _password_page(doors, request, language, status=refusal.status, wrong=why)
        return await _password_page(doors, request, language, done=DOOR[language]["changed"])


async def _password_page(
    doors: Doors, request: Request, language: str, *, status: int = 200, wrong: str = "", done: str = ""
) -> Response:
    session = await doors.sessions.session(request)
    if session is None:
        return RedirectResponse(f"/login?lang={language}", 303)
    record = (await doors.desk.accounts.account(session.who.id)).record  # type: ignore[union-attr]
    form_token = doors.sessions.form_token(request)
    return doors.shown(
        "password.html", language, status, wrong=wrong, done=done, confined=session.confined, account=session.who.id,
        held=bool(record.get("password")), form_token=form_token,
    )  # fmt: skip
