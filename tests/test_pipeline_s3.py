"""A folder in S3 to a folder in S3, over its protocol against a local server (`make test-s3`)."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smepo.pipeline.shards import run_shards
from test_pipeline_shards import MATH, NAMES, alone, files

s3fs = pytest.importorskip("s3fs", reason="make test-s3")
pytest.importorskip("moto", reason="make test-s3")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A file system with an empty bucket, on a server of its own process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "name")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(server, port)
        s3fs.S3FileSystem.clear_instance_cache()
        fs = s3fs.S3FileSystem(skip_instance_cache=True)
        fs.mkdir("bucket")
        yield fs
    finally:
        server.kill()
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(600):
        assert server.poll() is None, "the server did not start"
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server does not answer")


@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=pytest.mark.ray)])
def test_the_bytes_are_those_of_local_files_and_a_lost_marker_costs_one_file(
    tmp_path: Path, bucket: Any, engine: Any
) -> None:
    source = files(tmp_path / "in")
    bucket.put(f"{source}/", "bucket/in/", recursive=True)
    where = ("s3://bucket/in/", "s3://bucket/out/")
    if engine == "ray":
        ray = pytest.importorskip("ray")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        summary = run_shards(*where, MATH, NAMES, workers=1, engine=engine)
        bucket.invalidate_cache()
        bucket.rm_file("bucket/out/_smepo/c.jsonl.json")
        again = run_shards(*where, MATH, NAMES, workers=1, engine=engine)
    finally:
        if engine == "ray":
            ray.shutdown()
    assert (summary.tally.counts["rows"], summary.resumed) == (16, 0)
    assert again.resumed == 12  # of 16 rows, 4 are in the file that was lost
    for name, content in alone(source, tmp_path / "alone").items():
        assert bucket.cat_file(f"bucket/out/{name}") == content
    assert bucket.exists("bucket/out/more/b.parquet.quarantine.jsonl")
