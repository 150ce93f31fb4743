"""A rejected row of an upload, to be put right."""

from typing import Any

from django import forms

from campaigns.models import ImportRow

from .imports import column_title


class RowForm(forms.Form):
    """One field for each column that is taken in, the number first."""

    def __init__(self, row: ImportRow, data: Any = None) -> None:
        super().__init__(data)
        job = row.contact_import
        self.width, self.given = len(job.header), row.cells
        chosen = sorted(job.mapping.items(), key=lambda item: (item[1] != "phone", int(item[0])))
        for column, _field in chosen:
            at = int(column)
            cell = self.given[at] if at < len(self.given) else ""
            self.fields[f"column_{at}"] = forms.CharField(
                label=column_title(job.header, at),
                initial=cell,
                required=False,
                strip=False,
                widget=forms.Textarea(attrs={"rows": 3}) if "\n" in cell else forms.TextInput,
            )

    @property
    def surplus(self) -> list[str]:
        """Values that stood beyond the last heading."""
        return [cell for cell in self.given[self.width :] if cell.strip()]

    def cells(self) -> list[str]:
        cells = self.given[: self.width] + [""] * (self.width - len(self.given))
        return [self.cleaned_data.get(f"column_{at}", cell) for at, cell in enumerate(cells)]
