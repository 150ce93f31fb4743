from django.db import migrations

MAKE_DUE = """
INSERT INTO campaigns_duemessage (message_id, account_id, campaign_id, phone, due_at, token, attempts)
SELECT m.id, m.account_id, m.campaign_id, m.phone, CURRENT_TIMESTAMP, '', 0
FROM campaigns_message m JOIN campaigns_campaign c ON c.id = m.campaign_id
WHERE c.state IN ('draft', 'pending_approval') AND m.state = 'queued'
  AND NOT EXISTS (SELECT 1 FROM campaigns_duemessage d WHERE d.message_id = m.id)
"""
DUE_AT_ONCE = """
UPDATE campaigns_duemessage SET due_at = CURRENT_TIMESTAMP
WHERE campaign_id IN (SELECT id FROM campaigns_campaign WHERE state = 'scheduled')
"""


class Migration(migrations.Migration):
    """Messages get their place in the queue when they are made, and the time of a booking is its campaign's alone.

    What was counted before that was so has no place yet and would never leave; what was booked before would not leave
    earlier than first booked, wherever it is moved.
    """

    dependencies = [
        ('campaigns', '0009_chosen_columns_and_filters_of_any_list'),
    ]

    operations = [
        migrations.RunSQL([MAKE_DUE, DUE_AT_ONCE], migrations.RunSQL.noop, elidable=True),
    ]
