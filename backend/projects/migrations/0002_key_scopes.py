from django.db import migrations, models


def may_all(apps, schema_editor):
    """Keys that were made before there were scopes go on doing what they did."""
    apps.get_model("projects", "ApiKey").objects.update(scopes=["admin"])


class Migration(migrations.Migration):
    dependencies = [
        ("projects", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="expires_at",
            field=models.DateTimeField(help_text="When it ends, where another has taken its place.", null=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="scopes",
            field=models.JSONField(default=list, help_text="What it may do, as values of Scope."),
        ),
        migrations.RunPython(may_all, migrations.RunPython.noop),
    ]
