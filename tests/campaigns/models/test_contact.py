import pytest

from campaigns.models import Contact


@pytest.mark.parametrize(
    ("known", "shown"),
    [
        ({"name": "見本 花子", "company": "見本商事"}, "見本 花子"),
        ({"company": "見本商事"}, "見本商事"),
        ({"pk": 2001, "phone": "+819012345678"}, "(氏名なし)"),  # neither a number of ours nor the person's
    ],
)
def test_what_a_contact_is_called(known: dict[str, object], shown: str):
    assert str(Contact(**known)) == shown
