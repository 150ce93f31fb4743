import pytest
from django.urls import reverse

from campaigns.services.people import ADMINISTRATOR, ROLES
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [*ROLES, ADMINISTRATOR])
def test_everybody_reads_the_guide_of_the_own_role(client, role):
    client.force_login(make_user(role))
    response = client.get(reverse("guide"))
    assert response.context["role"] == role
    assert next(template.name for template in response.templates) == f"guide/{role}.html"


@pytest.mark.parametrize("role", list(ROLES))
def test_every_link_in_a_guide_leads_somewhere_for_its_reader(client, role):
    client.force_login(make_user(role))
    text = client.get(reverse("guide")).content.decode()
    guide = text[text.index("<article") : text.index("</article>")]
    links = [piece.split('"')[0] for piece in guide.split('href="')[1:] if piece.startswith("/")]
    assert links
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


@pytest.mark.parametrize(
    ("reader", "role", "status"),
    [
        pytest.param(ADMINISTRATOR, "accountant", 200, id="an administrator prints them for others"),
        pytest.param("operator", "administrator", 404, id="another role's"),
        pytest.param(ADMINISTRATOR, "nobody", 404, id="no such role"),
    ],
)
def test_whose_guides_one_may_read(client, reader, role, status):
    client.force_login(make_user(reader))
    assert client.get(reverse("guide"), {"role": role}).status_code == status


def test_in_english_a_role_is_named_as_a_person_and_not_as_an_act(client):
    client.force_login(make_user("administrator", language="en"))
    page = client.get("/guide/").content.decode()
    assert "Approver" in page
    assert "Approved by" not in page
