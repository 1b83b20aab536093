"""The sinks take what the services send, and show it."""

import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from sanfu.stack.programs import Program, free_port, running
from sanfu.stack.services import answers
from sanfu.stack.sinks import KEPT, Box


@pytest.fixture(scope="module")
def sinks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, int]]:
    http, smtp, logs = free_port(), free_port(), tmp_path_factory.mktemp("sinks")
    program = Program(
        name="sinks",
        command=(sys.executable, "-m", "sanfu.stack.sinks"),
        log=Path(logs) / "sinks.log",
        environment={"SANFU_SINKS_PORT": str(http), "SANFU_SINKS_SMTP": str(smtp)},
        ready=lambda: answers(f"http://127.0.0.1:{http}/health/ready"),
    )
    with running(program), httpx.Client(base_url=f"http://127.0.0.1:{http}") as client:
        yield client, smtp


def test_a_chinese_sms_is_read_back_by_api_and_on_the_page(sinks: tuple[httpx.Client, int]) -> None:
    client, _ = sinks
    text = "【三服务】您反映的路灯问题已受理，编号 YW-7K3M。"
    answer = client.post("/sms", json={"to": "13800000001", "text": text, "template": "receipt"})
    assert answer.json()["id"] == "1"
    found = client.get("/sms", params={"to": "13800000001"}).json()
    assert (found["total"], found["items"][0]["text"]) == (1, text)
    assert text in client.get("/").text


def test_a_chinese_mail_is_read_back_by_api_and_on_the_page(sinks: tuple[httpx.Client, int]) -> None:
    client, port = sinks
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = (
        "三服务办 <office@example.org>",
        "unit@example.org",
        "黄灯提醒：路灯不亮",
    )
    mail.set_content("限期前一天。\n<b>请尽快办理</b>\n")
    with smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.send_message(mail)
    [found] = client.get("/mail", params={"to": "unit@example.org"}).json()["items"]
    assert found["subject"] == "黄灯提醒：路灯不亮"
    assert found["text"] == "限期前一天。\n<b>请尽快办理</b>\n"
    page = client.get("/").text
    assert "&lt;b&gt;请尽快办理&lt;/b&gt;" in page
    assert "<b>请" not in page


def test_an_sms_that_is_no_object_is_refused(sinks: tuple[httpx.Client, int]) -> None:
    client, _ = sinks
    assert client.post("/sms", content=b"[").status_code == 422
    assert client.post("/sms", json=["13800000001"]).status_code == 422


def test_a_box_keeps_the_last_ones_and_counts_all() -> None:
    box = Box()
    for number in range(KEPT + 5):
        box.put({"to": str(number)})
    page = box.page(None, KEPT)
    assert (page["total"], len(page["items"]), page["items"][0]["to"]) == (KEPT + 5, KEPT, str(KEPT + 4))
