from collections import Counter

from campaigns.rules.contact_file import Row, inspect, read_rows
from campaigns.rules.headers import guess_mapping
from tests.data.make_contacts import BAD_PHONES, GROUPS, PATH, PEOPLE, REPEATED, write


def read() -> list[Row]:
    with PATH.open("rb") as file:
        shape = inspect(file)
        assert shape.encoding == "cp932"
        return list(read_rows(file, shape, guess_mapping(shape.header, shape.sample)))


def test_the_file_is_what_the_generator_writes() -> None:
    assert PATH.read_bytes() == write()


def test_it_holds_2000_people_and_a_realistic_mess() -> None:
    rows = read()
    numbers = Counter(row.phone.e164 for row in rows if row.phone)
    assert len(numbers) == PEOPLE
    assert sum(1 for times in numbers.values() if times > 1) == REPEATED
    assert sum(1 for row in rows if row.error) == len(BAD_PHONES)
    assert sum(1 for row in rows if row.repaired) > 50
    assert {row.values["list"] for row in rows} == set(GROUPS)
    assert {row.flags.get("consent") for row in rows} == {True, False, None}
