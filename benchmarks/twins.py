"""The bare twin: a Flask view that sends the same statements and answers with the same HTML, and does nothing else.

``/<n>`` repeats the n-th recording: its statements go to the driver in one transaction that is rolled back, and every
text and attribute of the page's main part is written by Jinja. ``/<n>/constant`` sends the page as it stands,
``/<n>/still`` does so without a statement.
The database is a copy from before the recording. What was written then may be missing here, so keys to other tables
are not checked; the twin does a little less than the shop for it.
"""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, Response

from benchmarks.recording import Recording, as_template, load

LIGHT = "-c session_replication_role=replica"


def create_twin(url: str, recordings: list[Recording]) -> Flask:
    twin = Flask(__name__)
    engine = sa.create_engine(sa.make_url(url).update_query_dict({"options": LIGHT}), pool_pre_ping=True)
    pages = [as_template(recording.body) for recording in recordings]
    templates = [twin.jinja_env.from_string(template) for template, _values in pages]

    def repeat(number: int) -> Recording:
        recording = recordings[number]
        with engine.connect() as connection:
            for statement in recording.statements:
                result = connection.exec_driver_sql(statement.text, statement.parameters)
                if result.returns_rows:
                    result.all()
        return recording

    @twin.route("/<int:number>", methods=["GET", "POST"])
    def rendered(number: int) -> Response:
        recording = repeat(number)
        body = templates[number].render(said=pages[number][1])
        return Response(body, recording.status, recording.headers)

    @twin.route("/<int:number>/constant", methods=["GET", "POST"])
    def constant(number: int) -> Response:
        recording = repeat(number)
        return Response(recording.body, recording.status, recording.headers)

    @twin.route("/<int:number>/still")
    def still(number: int) -> Response:
        recording = recordings[number]
        return Response(recording.body, recording.status, recording.headers)

    return twin


if "BENCH_RECORDINGS" in os.environ:  # how the server finds it: benchmarks.twins:app
    app = create_twin(os.environ["BENCH_DATABASE_URL"], load(Path(os.environ["BENCH_RECORDINGS"])))
