"""An S3 bucket on a real socket, by moto: ``python -m tests.doubles.bucket --port N --bucket NAME``."""

from __future__ import annotations

import signal

import boto3
from moto.server import ThreadedMotoServer

from tests.doubles.control import arguments

REGION, KEY, SECRET = "us-east-1", "rehearsal", "rehearsal-only"


def environment(url: str) -> dict[str, str]:
    """What a shop must be told to keep its photos there."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": REGION,
        "AWS_ALLOW_HTTP": "true",
    }


if __name__ == "__main__":
    parser = arguments("bucket")
    parser.add_argument("--bucket", default="photos")
    chosen = parser.parse_args()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=chosen.port, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    named = {"region_name": REGION, "aws_access_key_id": KEY, "aws_secret_access_key": SECRET}
    boto3.client("s3", endpoint_url=url, **named).create_bucket(Bucket=chosen.bucket)
    print(url, flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
