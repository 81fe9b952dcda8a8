"""A protocol of serving: rows as CSV in, the same rows with their predictions out."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from journeyman.serving.http import Request, Response, Route
from journeyman.serving.openapi import operation
from journeyman.serving.predictions import predictions_of
from journeyman.serving.refusals import Refusal
from journeyman.serving.row_forms import from_csv
from journeyman.serving.service import Service
from journeyman.serving.tokens import Permission

_TEXT = "text/csv; charset=utf-8"


class CsvProtocol:
    """One address, which spreadsheets and shell scripts can ask."""

    name, weight = "csv", 500

    def routes(self, service: Service, environment: Mapping[str, str]) -> list[Route]:
        """Return the address."""

        async def predict(request: Request) -> Response:
            rows = from_csv(request.body, service.champion.columns)
            outcomes = await service.predict(rows, None, self.name, True)
            text = io.StringIO()
            table = csv.writer(text, lineterminator="\n")
            table.writerow([*rows[0], "prediction"])
            for row, answer in zip(rows, predictions_of(outcomes), strict=True):
                table.writerow([*row.values(), answer.prediction])
            return Response(200, text.getvalue().encode(), _TEXT)

        described = operation("Predict the rows of a CSV text", {}, answer="text/csv", media=("text/csv",))
        return [Route("POST", "/csv", predict, Permission.PREDICT, self.name, described)]

    def refuse(self, refusal: Refusal) -> Response:
        """Say why in a line of text."""
        fault = refusal.fault
        line = f"{fault.message} (hint: {fault.hint})\n" if fault.hint else f"{fault.message}\n"
        return Response(refusal.status, line.encode(), "text/plain; charset=utf-8", refusal.headers)
