"""A setting of another machine counts as tested only if the libraries say that it took effect."""

import sys

import pytest
from lessons import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import settings

USUAL = """NumPy: baseline and X86_V3 X86_V4
OpenBLAS: SkylakeX, 2 threads
oneDNN: convolution, reorder with Intel AVX-512, 2 threads"""
TAKEN = {
    "one-thread": USUAL.replace("2 threads", "1 threads"),
    "no-onednn": USUAL.replace("convolution, reorder", "gemm_api"),
    "no-x86-v4": USUAL.replace(" X86_V4", ""),
    "no-x86-v3": USUAL.replace("X86_V3 X86_V4", "nothing more"),
    "haswell": USUAL.replace("SkylakeX", "Haswell"),
    "sandybridge": USUAL.replace("SkylakeX", "Sandybridge"),
}


@pytest.fixture
def runs(monkeypatch):
    """The environments in which the notebooks were run."""
    seen = []

    def run(command, env, **options):
        seen.append(env)
        return settings.subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(settings.subprocess, "run", run)
    return seen


def test_every_setting_but_the_default_has_to_show_that_it_took():
    assert set(TAKEN) == set(settings.SETTINGS) - {"default"}


@pytest.mark.parametrize("name", TAKEN)
def test_a_setting_that_the_machine_ignores_is_not_tested(name, monkeypatch, runs, capsys):
    monkeypatch.setattr(settings, "probe", lambda environment: USUAL)
    assert not settings.check(name, [])
    assert not runs
    assert "not tested: this machine ignores the setting" in capsys.readouterr().out


@pytest.mark.parametrize("name", TAKEN)
def test_a_setting_that_took_is_logged_and_run(name, monkeypatch, runs, capsys):
    monkeypatch.setattr(settings, "probe", lambda environment: TAKEN[name])
    assert settings.check(name, [])
    (environment,) = runs
    assert environment.items() >= settings.SETTINGS[name].variables.items()
    assert TAKEN[name] in capsys.readouterr().out


def test_the_default_has_the_machines_threads(monkeypatch, runs):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(settings, "probe", lambda environment: USUAL)
    assert settings.check("default", [])
    assert not set(settings.THREADS) & set(runs[0])
