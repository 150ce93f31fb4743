"""Writes customers_cp932.csv: 2,000 generated people as an office keeps them in Excel, spoilt as Excel and typing do.

`python -m tests.data.make_contacts`. Same file every time; no person, company or number in it is taken from life.
"""

import csv
import io
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

PATH = Path(__file__).with_name("customers_cp932.csv")
PEOPLE = 2_000
REPEATED = 6
HEADER = [
    *("顧客番号", "氏名", "フリガナ", "会社名", "携帯電話番号（必須）", "グループ", "次回来店日"),
    *("SMS配信可否", "同意日", "同意方法", "番号取得日", "配信停止", "備考"),
]
FAMILIES = [
    *(("佐藤", "サトウ"), ("鈴木", "スズキ"), ("髙橋", "タカハシ"), ("田中", "タナカ"), ("伊藤", "イトウ")),
    *(("渡辺", "ワタナベ"), ("山本", "ヤマモト"), ("中村", "ナカムラ"), ("小林", "コバヤシ"), ("加藤", "カトウ")),
    *(("吉田", "ヨシダ"), ("山﨑", "ヤマザキ"), ("佐々木", "ササキ"), ("松本", "マツモト"), ("井上", "イノウエ")),
    *(("木村", "キムラ"), ("長谷川", "ハセガワ"), ("清水", "シミズ"), ("斎藤", "サイトウ"), ("五十嵐", "イガラシ")),
]
GIVEN = [
    *(("陽翔", "ハルト"), ("結衣", "ユイ"), ("大輔", "ダイスケ"), ("美咲", "ミサキ"), ("健一", "ケンイチ")),
    *(("さくら", "サクラ"), ("翔太", "ショウタ"), ("真由美", "マユミ"), ("浩", "ヒロシ"), ("恵子", "ケイコ")),
    *(("直樹", "ナオキ"), ("葵", "アオイ"), ("誠", "マコト"), ("千尋", "チヒロ"), ("一郎", "イチロウ")),
    *(("由紀", "ユキ"), ("蓮", "レン"), ("ひかり", "ヒカリ"), ("隆", "タカシ"), ("明日香", "アスカ")),
]
COMPANIES = ["", "", "見本商事株式会社", "株式会社例示製作所", "㈱サンプル運輸", "合同会社ひな形企画", "架空信用組合"]
GROUPS = ["東京店", "大阪店", "福岡店"]
METHODS = ["店頭申込書", "Webフォーム", "電話"]
MEMOS = ["", "", "", "駐車場利用", "午前を希望、\n電話は夕方以降", '"お得意様"', "紹介: 見本商事株式会社"]
PREFIXES = ("060", "070", "080", "090")
# Last four digits with a meaning in the sandbox: out of range, dead number, refused, congested, late, repeated …
TROUBLED = ("9902", "9903", "9904", "9905", "9906", "9908", "9910", "9913")
BAD_PHONES = (
    "",
    "03-0000-1234",
    "080-1111-222",
    "8.01111E+10",
    "080-1111-0001/080-1111-0002",
    "０８０-１１１１",
    "不明",
)
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")
TODAY = date(2026, 11, 22)

Row = list[str]


def make_rows(people: int, middle: str, groups: Sequence[str]) -> list[Row]:
    """`middle` is what stands between prefix and last four digits: another one makes numbers not yet used."""
    chance = random.Random(20261122)
    rows = [
        _person(serial, phone, groups[serial % len(groups)], chance)
        for serial, phone in enumerate(_phones(people, middle, chance), 1)
    ]
    for phone in BAD_PHONES:
        rows.insert(chance.randrange(people), _person(people + 1, phone, groups[0], chance))
    for row in chance.sample(rows[: people // 2], REPEATED):
        rows.append([*row[:4], row[4].replace("-", " "), *row[5:]])
    return rows


def write(people: int = PEOPLE, middle: str = "1111", groups: Sequence[str] = GROUPS) -> bytes:
    """As Excel for Japan saves it: CP932, CRLF, quotes where needed, and an empty line nobody sees."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(make_rows(people, middle, groups))
    writer.writerow([""] * len(HEADER))
    return text.getvalue().encode("cp932")


def _phones(people: int, middle: str, chance: random.Random) -> Iterator[str]:
    """Each number once; three in a hundred run into trouble."""
    spoilt = [f"{prefix}{middle[:-1]}{n}{ending}" for prefix in PREFIXES for n in range(1, 10) for ending in TROUBLED]
    numbers = [f"{chance.choice(PREFIXES)}{middle}{ending:04d}" for ending in chance.sample(range(9_900), people)]
    for place, number in zip(
        chance.sample(range(people), people * 3 // 100), chance.sample(spoilt, len(spoilt)), strict=False
    ):
        numbers[place] = number
    return (_as_typed(number, chance) for number in numbers)


def _as_typed(number: str, chance: random.Random) -> str:
    hyphened = f"{number[:3]}-{number[3:7]}-{number[7:]}"
    ways: list[Callable[[], str]] = [
        lambda: hyphened,
        lambda: number,
        lambda: number[1:],  # a number to Excel
        lambda: hyphened.translate(FULL_WIDTH),
        lambda: f"+81 {hyphened[1:]}",
        lambda: f"{number[:3]}({number[3:7]}){number[7:]}",
    ]
    return chance.choices(ways, weights=(60, 25, 6, 4, 3, 2))[0]()


def _person(serial: int, phone: str, group: str, chance: random.Random) -> Row:
    (family, family_kana), (given, given_kana) = chance.choice(FAMILIES), chance.choice(GIVEN)
    may = chance.choices(["○", "×", ""], weights=(70, 5, 25))[0]
    agreed_on = TODAY - timedelta(days=chance.randrange(30, 900))
    visit = TODAY + timedelta(days=chance.randrange(2, 40))
    return [
        f"C{serial:05d}",
        f"{family}{chance.choice(['　', ' ', ''])}{given}",
        f"{family_kana} {given_kana}",
        chance.choice(COMPANIES),
        phone,
        group,
        f"{visit.month}月{visit.day}日",
        may,
        _as_written(agreed_on, chance) if may == "○" else "",
        chance.choice(METHODS) if may == "○" else "",
        _as_written(agreed_on - timedelta(days=3), chance),
        "○" if chance.random() < 0.01 else "",
        chance.choice(MEMOS),
    ]


def _as_written(day: date, chance: random.Random) -> str:
    ways = [f"{day.year}/{day.month}/{day.day}", f"{day:%Y-%m-%d}", f"令和{day.year - 2018}年{day.month}月{day.day}日"]
    return chance.choice(ways)


if __name__ == "__main__":
    PATH.write_bytes(write())
