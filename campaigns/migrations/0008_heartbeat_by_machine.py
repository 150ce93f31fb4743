from django.db import migrations, models


class Migration(migrations.Migration):
    """Signs of life are made anew within a minute, so nothing of the old table is kept."""

    dependencies = [
        ('campaigns', '0007_receipts_and_launch'),
    ]

    operations = [
        migrations.DeleteModel(name='Heartbeat'),
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('machine', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
            options={'ordering': ['machine']},
        ),
    ]
