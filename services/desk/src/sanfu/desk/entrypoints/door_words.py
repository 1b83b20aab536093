"""The words of the door: logging in, passwords; in Chinese and English."""

from typing import Final

DOOR: Final = {
    "zh": {
        "account": "账号", "password": "密码", "enter": "登录", "provider": "使用统一身份认证登录",
        "by_token": "使用访问令牌登录", "token": "访问令牌",
        "hint": "账号和令牌由系统管理员发放，仅限本人使用。",
        "wrong": "账号、密码或令牌不正确，或账号已停用。", "wait": "尝试次数过多，请在 {n} 后再试。",
        "stranger": "该身份在本系统没有账号，请联系系统管理员。", "provider_away": "统一身份认证暂不可用，请稍后再试。",
        "expired": "登录已超时，请重新登录。",
        "change": "修改密码", "old": "原密码", "new": "新密码", "again": "再次输入新密码", "save": "保存",
        "first": "首次登录，请先修改初始密码。", "rule": "12 至 128 个字符，不含账号名；与原密码不同。",
        "differ": "两次输入的新密码不一致。", "weak": "新密码不符合要求：12 至 128 个字符，不含账号名，与原密码不同。",
        "old_wrong": "原密码不正确。", "changed": "密码已修改，其他设备上的登录已全部退出。",
        "everywhere": "退出所有设备", "everywhere_hint": "结束本账号在所有设备上的登录，包括本机。",
        "back": "返回看板", "seconds": "{n} 秒", "minutes": "{n} 分钟", "going": "正在进入…", "go_on": "继续",
    },
    "en": {
        "account": "Account", "password": "Password", "enter": "Log in", "provider": "Log in with your city account",
        "by_token": "Log in with an access token", "token": "Access token",
        "hint": "The system administrator gives out accounts and tokens; yours is for you alone.",
        "wrong": "The account, the password or the token is not right, or the account is closed.",
        "wait": "Too many tries. Try again in {n}.",
        "stranger": "This identity has no account here: ask the system administrator.",
        "provider_away": "The city's login can't be reached now: try again later.",
        "expired": "This login took too long: begin again.",
        "change": "Change password", "old": "Old password", "new": "New password", "again": "New password again",
        "save": "Save", "first": "Change your first password before anything else.",
        "rule": "12 to 128 characters, without the account's name; another one than before.",
        "differ": "The two new passwords differ.",
        "weak": "The new password won't do: 12 to 128 characters, without the account's name, not the old one.",
        "old_wrong": "The old password is not right.",
        "changed": "The password is changed; you are logged out everywhere else.",
        "everywhere": "Log out everywhere",
        "everywhere_hint": "Ends this account's sessions on all devices, this one too.",
        "back": "Back to the board", "seconds": "{n} s", "minutes": "{n} min", "going": "Going on …", "go_on": "Go on",
    },
}  # fmt: skip


def span(seconds: int, language: str) -> str:
    """Say how long one has to wait."""
    words = DOOR[language]
    return words["seconds"].format(n=seconds) if seconds < 90 else words["minutes"].format(n=-(-seconds // 60))
