from django.db import migrations, models

# As the figures were until now: a count with any billed parts was taken for wholly billed. The next recount is exact.
AS_BEFORE = "UPDATE campaigns_daycount SET unbilled_parts = CASE WHEN billed_parts > 0 THEN 0 ELSE parts END"
COUNT_ANEW = "UPDATE campaigns_campaign SET counts_touched_at = CURRENT_TIMESTAMP WHERE counted_at IS NOT NULL"


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0012_deleted_drafts'),
    ]

    operations = [
        migrations.AddField(
            model_name='daycount',
            name='unbilled_parts',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.RunSQL([AS_BEFORE, COUNT_ANEW], migrations.RunSQL.noop, elidable=True),
    ]
