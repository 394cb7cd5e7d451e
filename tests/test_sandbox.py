"""What a stranger's process is given, and how it calls the grader's functions back."""

import os

import pytest
from lessons import ROOT

from course_lib.grading import sandbox


def test_a_stranger_gets_paths_and_languages_and_no_secret(monkeypatch):
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("PATH", os.defpath)
    found = sandbox.environment()
    assert "GITHUB_TOKEN" not in found
    assert found["PATH"] == os.defpath
    assert found["LC_ALL"] == "C.UTF-8"
    assert found["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)  # this very library first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each submission has a new process there")
def test_functions_are_called_back_each_by_its_number_and_errors_are_told():
    def seven():
        return 7

    def two():
        return 2

    grader = sandbox.Sandbox()
    assert not grader.fresh
    assert sandbox.Sandbox(fresh=True).fresh
    try:
        grader.begin()
        assert grader.run("def less(one, other): return one() - other()", 60).kind == "returned"
        told = grader.call("less", (seven, two), 60)
        assert (told.kind, told.value) == ("returned", 5)
        assert grader.run("1 / 0", 60).kind == "raised"
        assert grader.run("def", 60).kind == "raised"  # fails before it runs
    finally:
        grader.close()
