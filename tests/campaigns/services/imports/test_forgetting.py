from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from campaigns.models import ContactImport
from campaigns.services.imports.importing import forget_old_files

from .test_importing import THREE, taken_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_uploaded_files_are_forgotten_after_a_month_and_the_counts_stay(settings):
    old, young = taken_in(THREE), taken_in("携帯,氏名\n03-1234-5678,店\n080-1111-0009,堤\n")
    ContactImport.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    forget_old_files(timezone.now())
    old.refresh_from_db()
    assert (old.counts["added"], old.rows.count()) == (3, 0)
    assert {Path(file.name).stem for file in (settings.MEDIA_ROOT / "imports").iterdir()} == {
        Path(young.file.name).stem,
        Path(young.file.name).name,
    }
