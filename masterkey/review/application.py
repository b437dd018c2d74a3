"""The page and what it asks for: papers, edits, performance, uploads. All state is in `Review`."""

from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from masterkey.review import layers
from masterkey.review.access import Guard
from masterkey.review.edits import NotSaved
from masterkey.review.performance import Performance
from masterkey.review.record import ACTIONS, LONGEST_VALUE, STATUSES, Record, Refused
from masterkey.review.reviewed_file import reviewed_path
from masterkey.review.session import Conflict, Paper, Review
from masterkey.review.uploads import Uploads
from masterkey.review.views import paper_view, row_view
from masterkey.schema.fields import SII_FIELDS
from masterkey.scripting.command_line import UserError

STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}


class Edit(BaseModel):
    """What a reviewer asks of a paper, as they saw it at `version`."""

    model_config = ConfigDict(extra="forbid")
    version: int
    action: Literal[ACTIONS]
    key: str = Field("", max_length=64)
    device: int = -1
    field: Literal[SII_FIELDS] = SII_FIELDS[0]
    status: Literal[STATUSES] = STATUSES[0]
    value: str = Field("", max_length=4 * LONGEST_VALUE)
    places: list[tuple[int, int]] | None = Field(None, max_length=20)
    role: str = Field("", max_length=4 * LONGEST_VALUE)
    name: str = Field("", max_length=4 * LONGEST_VALUE)


class Device(BaseModel):
    """The fields of a device whose performance is asked for."""

    fields: dict[str, str] = Field(max_length=len(SII_FIELDS))


def application(
    review: Review, performance: Performance, uploads: Uploads, *, most_bytes: int
) -> FastAPI:
    """The page of `review`, still without its guard."""
    app = FastAPI(title="Review", docs_url=None, redoc_url=None, openapi_url=None)
    _add_pages(app)
    _add_papers(app, review)
    _add_uploads(app, uploads, most_bytes)

    # Plain functions run in threads: one that waits for the disk or a model holds up no other.
    @app.post("/api/performance")
    def predicted(device: Device):
        return JSONResponse(performance.of(device.fields))

    return app


def guarded(app: FastAPI, host: str, token: str | None) -> Guard:
    """The page as it is served."""
    return Guard(app, host, token)


def _add_pages(app: FastAPI) -> None:
    """Files of static/ by their names alone, listed once: no name in a request becomes a path."""
    files = {path.name: path for path in STATIC.iterdir() if path.suffix in _TYPES}

    @app.get("/")
    def page():
        return FileResponse(files["index.html"], media_type="text/html")

    @app.get("/static/{name}")
    def static(name: str):
        if name not in files:
            raise HTTPException(404, "There is no such file.")
        return FileResponse(files[name], media_type=_TYPES[files[name].suffix])


def _add_papers(app: FastAPI, review: Review) -> None:
    def found(number: int) -> Paper:
        if not 0 <= number < len(review.papers):
            raise HTTPException(404, "There is no such paper.")
        return review.papers[number]

    # Each paper's line of the list, kept until its record is another one: a thousand take a while.
    rows: dict[int, tuple[Record, dict]] = {}

    def row_of(number: int, paper: Paper) -> dict:
        known = rows.get(number)
        if known is None or known[0] is not paper.record:
            known = rows[number] = (paper.record, row_view(number, paper))
        return known[1]

    for number, paper in enumerate(review.papers):
        row_of(number, paper)

    @app.get("/api/start")
    def start():
        # A response of its own: FastAPI would look at each of a thousand papers' values once more.
        found = {
            "file": review.path.name,
            "reviewed": reviewed_path(review.path).name,
            "reviewer": review.reviewer,
            "layers": layers.LAYERS,
            "fields": layers.described(),
            "values": review.known_values,
            "papers": [row_of(n, paper) for n, paper in enumerate(review.papers)],
        }
        return JSONResponse(found)

    @app.get("/api/papers/{number}")
    def read(number: int):
        return JSONResponse(paper_view(number, found(number)))

    @app.post("/api/papers/{number}/edits")
    def edit(number: int, asked: Edit):
        found(number)
        try:
            paper = review.edit(number, asked.version, asked.model_dump(exclude={"version"}))
        except Conflict:
            newer = paper_view(number, review.papers[number])
            return JSONResponse({"conflict": True, "paper": newer}, 409)
        except Refused as error:
            raise HTTPException(422, str(error)) from None
        except NotSaved as error:
            raise HTTPException(507, str(error)) from None
        return JSONResponse(paper_view(number, paper))


def _add_uploads(app: FastAPI, uploads: Uploads, most_bytes: int) -> None:
    @app.post("/api/uploads", status_code=202)
    async def upload(request: Request):
        name = " ".join(unquote(request.headers.get("x-file-name", "")).split())[:200] or "a file"
        data = bytearray()
        async for piece in request.stream():
            data += piece
            if len(data) > most_bytes:
                size = f"{most_bytes / 1e6:.0f} MB"
                raise HTTPException(413, f"{name}: is larger than {size}; give a smaller file.")
        try:
            return {"job": uploads.take(name, bytes(data))}
        except UserError as error:
            raise HTTPException(429, str(error)) from None

    @app.get("/api/uploads/{number}")
    def state(number: int):
        job = uploads.job(number)
        if job is None:
            raise HTTPException(404, "There is no such upload.")
        return job
