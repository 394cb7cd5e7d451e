"""Spark gives one machine's answers, where it is installed; elsewhere, what it asks for is said."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from lessons import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))
import spark


def says(monkeypatch, text):
    """A machine whose Java says this of itself."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(spark.shutil, "which", lambda name: "/usr/bin/java")
    monkeypatch.setattr(
        spark.subprocess, "run", lambda *command, **how: SimpleNamespace(stderr=text)
    )


@pytest.mark.parametrize(
    ("text", "version"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "21" 2023-09-19 LTS', 21)],
)
def test_a_java_that_is_new_enough(monkeypatch, text, version):
    says(monkeypatch, text)
    assert spark.java() == version


@pytest.mark.parametrize("text", ['openjdk version "11.0.2"', 'java version "1.8.0_201"', "what?"])
def test_a_java_that_is_too_old_is_named(monkeypatch, text):
    says(monkeypatch, text)
    with pytest.raises(SystemExit, match=r"Spark needs Java 17 or later, got .*" + text[-5:-1]):
        spark.java()


def test_no_java_is_said(monkeypatch):
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(spark.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit, match="Spark needs Java 17 or later, found none on PATH"):
        spark.java()


def test_spark_gives_the_answers_of_one_machine():
    pytest.importorskip("pyspark", reason="comes with make spark")
    try:
        spark.java()
    except SystemExit as missing:
        pytest.skip(str(missing))
    command = [sys.executable, spark.__file__, "--copies", "1", "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]


def test_ci_runs_spark_where_there_is_java():
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert "run: make spark" in workflow
