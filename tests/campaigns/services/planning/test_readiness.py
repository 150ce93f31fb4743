import pytest

from campaigns.services.planning.readiness import findings
from tests.factories import make_account, make_campaign

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("provider", "url", "is_strange"),
    [
        pytest.param("zettai_reach", "https://ai9.jp/0PT0UT", False, id="the vendor's own opt-out address"),
        pytest.param("rakuten_cpaas", "http://127.0.0.1:9/r/abc", False, id="a short URL the stand-in made"),
        pytest.param("rakuten_cpaas", "https://ai9.jp/0PT0UT", True, id="another vendor's host"),
        pytest.param("rakuten_cpaas", "https://shop.example.net/", True, id="any other host"),
    ],
)
def test_the_hosts_of_the_vendor_s_own_links_are_no_strangers(provider, url, is_strange):
    campaign = make_campaign(account=make_account(provider=provider), body=f"ご案内です {url} 配信停止はこちら")
    assert ("unknown_host" in {finding.code for finding in findings(campaign)}) is is_strange
