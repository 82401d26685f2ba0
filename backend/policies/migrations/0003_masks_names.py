from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0002_sampling"),
    ]

    operations = [
        migrations.AddField(
            model_name="projectpolicy",
            name="masks_names",
            field=models.BooleanField(default=False, help_text="Whether names and postal addresses are masked too."),
        ),
    ]
