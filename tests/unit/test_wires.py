"""Agency lines, bylines and promotion are taken away and credited."""

import pytest

from monitor.core.stories.wires import strip_trimmings


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("SEOUL, Oct 31 (Reuters) - North Korea fired.", "reuters"),
        ("(서울=연합뉴스) 홍길동 기자 = 북한이 31일 발사했다.", "yonhap"),
        ("【東京=共同】防衛省は発表した。", "kyodo"),
        ("飛行時間は86分で過去最長。=時事", "jiji"),
        ("新华社北京5月18日电（记者王某）中国外交部表示。", "xinhua"),
        ("МОСКВА, 31 окт - РИА Новости. Путин заявил.", "ria"),
        ("The minister resigned. (AFP)", "afp"),
        ("The minister told Reuters he would stay.", ""),
        ("Plain text.", ""),
    ],
)
def test_agencies(text: str, agency: str):
    assert strip_trimmings(text).agency == agency


def test_the_body_is_what_the_agency_wrote():
    text = "PARIS (Reuters) - Rain fell on Monday. (Reporting by A. Writer; Editing by B. Editor) Sign up for our newsletter."
    assert strip_trimmings(text).body == "Rain fell on Monday."


def test_an_agency_as_author_is_an_agency_and_a_desk_is_nobody():
    assert strip_trimmings("Rain.", "Agence France-Presse").agency == "afp"
    assert strip_trimmings("Rain.", "Online Desk").byline == ""
    assert strip_trimmings("Rain.", "By Ada Pen").byline == "ada pen"
    assert strip_trimmings("By Ada Pen\nRain fell.").byline == "ada pen"


def test_a_long_text_is_read_in_good_time():
    assert strip_trimmings("a" * 200_000 + " subscribe " + "(" * 50_000).agency == ""
