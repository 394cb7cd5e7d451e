"""Every lesson: derived files follow from their source, in the course's form, honestly."""

import ast
import re
import shutil
import statistics
import sys

import jupytext
import nbformat
import numpy as np
import pytest
from lessons import (
    ROOT,
    SOURCES,
    STEMS,
    code,
    is_check,
    is_exercise,
    make_notebooks,
    namespace_after,
    read,
    tagged,
    tags,
)

import core
import dependencies
from course_lib.capstone import exam
from course_lib.checks import CASES, agrees
from course_lib.model_packages import INSTALL, MODULES, MissingPackage

HEADINGS = [
    "Setup",
    "By hand",
    "Build it",
    "From the library",
    "On real data",
    "Where it fails",
    "Exercises",
    "What we learned",
]
every_lesson = pytest.mark.parametrize("stem", STEMS)
every_notebook = pytest.mark.parametrize(
    ("folder", "stem"), [(folder, stem) for folder in ("solutions", "notebooks") for stem in STEMS]
)
EVERY_LESSON = {int(stem[:2]) for stem in STEMS}


def source(stem):
    return ROOT / "solutions" / f"{stem}.md"


def without_outputs(notebook):
    notebook = nbformat.from_dict(notebook)
    for cell in code(notebook):
        cell.outputs, cell.execution_count = [], None
    notebook.metadata.pop("inputs", None)
    return notebook


def test_each_lesson_is_there_or_announced():
    rows = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    coming = " ".join(row for row in rows if "*(coming)*" in row)
    numbers = [stem[:2] for stem in STEMS] + re.findall(r"\b\d\d\b", coming)
    assert sorted(numbers) == [f"{i:02d}" for i in range(1, 26)]


@every_lesson
def test_solved_notebook_follows_from_its_source(stem):
    made = without_outputs(read("solutions", stem))
    assert made == make_notebooks.solved(source(stem)), "stale: run `make notebooks`"


@every_lesson
def test_learners_notebook_follows_from_its_source(stem):
    made = without_outputs(read("notebooks", stem))
    expected = make_notebooks.for_learners(make_notebooks.solved(source(stem)))
    assert made == expected, "stale: run `make notebooks`"


@every_lesson
def test_outputs_are_of_the_present_library(stem):
    assert make_notebooks.is_current(source(stem)), "stale: run `make notebooks`"


@pytest.fixture(scope="module")
def needed():
    return {int(path.stem[:2]): make_notebooks.needs(path) for path in SOURCES}


@pytest.mark.parametrize(
    ("change", "lessons"),
    [
        ("course_lib/models/ease.py", {11, 12, 13, 14, 20, 23, 24, 25}),
        ("course_lib/models/als.py", {11, 12, 14, 22}),
        ("course_lib/models/neural_cf.py", {14}),  # in parentheses, beside others
        ("course_lib/models/base.py", {11, 12, 13, 14, 15, 18, 20, 22, 23, 24, 25}),
        # `from course_lib import losses`
        ("course_lib/losses.py", {2, 3, 6, 7, 8, 12, 13, 14, 19, 21, 23}),
        ("datasets/leaderboard/tuning.csv", {13, 14, 24}),
        ("datasets/pretraining/law.csv", {15}),
        ("datasets/privacy/coverage.csv", {23}),
        ("datasets/tiny_shop/items.csv", EVERY_LESSON),  # through course_lib.datasets
        ("solutions/05_cleaning.md", {5}),
        ("solutions/capstone/small_network.py", {25}),  # an entry that the lesson runs
        ("datasets/spoken_words.npz", {17}),  # a file beside the folders
        ("requirements.txt", EVERY_LESSON),
        ("requirements-models.txt", {16, 17, 18, 20}),
    ],
)
def test_a_lesson_needs_what_its_outputs_depend_on(needed, change, lessons):
    found = {number for number, files in needed.items() if ROOT / change in files}
    assert found == lessons & needed.keys()


@pytest.mark.parametrize("name", ["models/ease.py", "cases/losses.py"])
def test_a_lesson_is_stale_when_a_file_it_needs_changes(tmp_path, monkeypatch, name):
    for folder in ("course_lib", "datasets", "solutions"):
        leave = shutil.ignore_patterns("*.ipynb", "__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=leave)
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    monkeypatch.setattr(make_notebooks, "ROOT", tmp_path)
    lesson = tmp_path / "solutions" / f"{STEMS[10]}.md"
    before = make_notebooks.inputs(lesson)
    with (tmp_path / "course_lib" / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert (make_notebooks.inputs(lesson) != before) == (name == "models/ease.py")


@pytest.mark.parametrize(
    "line",
    [
        "import course_lib.large.tokens",
        "from course_lib.large import tokens",
        "from course_lib.large import (\n    language,\n    tokens as pieces,\n)",
        "def later():\n    from course_lib.large.tokens import encode",
        "import numpy, course_lib.large.tokens as pieces",
    ],
)
def test_an_import_is_seen_however_it_is_written(tmp_path, line):
    package = tmp_path / "course_lib" / "large"
    package.mkdir(parents=True)
    for name in ("tokens", "pairs", "unused"):
        (package / f"{name}.py").write_text("X = 1\n")
    (package / "tokens.py").write_text("from course_lib.large.pairs import X\n")
    found = dependencies.modules(tmp_path, ast.parse(line))
    assert {path.stem for path in found} == {"tokens", "pairs"}


@pytest.mark.parametrize(
    "line",
    [
        'pd.read_csv(ROOT / "datasets" / "home" / "log.csv")',
        'FOLDER = parent.joinpath("datasets", "home")',
        'open("../datasets/home/log.csv")',
        'open(f"{ROOT}/datasets/home/{name}.csv")',
        'load(name="home")',
    ],
)
def test_a_data_folder_is_seen_however_it_is_written(tmp_path, line):
    for name in ("home/log.csv", "home/parts/1.csv", "other/log.csv", "README.md"):
        (tmp_path / "datasets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "datasets" / name).write_text("")
    found = dependencies.tables(tmp_path, [ast.parse(line)])
    assert {path.relative_to(tmp_path).as_posix() for path in found} == {
        "datasets/home/log.csv",
        "datasets/home/parts/1.csv",
    }


def test_a_file_beside_the_data_folders_is_seen(tmp_path):
    (tmp_path / "datasets").mkdir()
    for name in ("sounds.npz", "README.md"):
        (tmp_path / "datasets" / name).write_text("")
    found = dependencies.tables(tmp_path, [ast.parse('load("../datasets/sounds.npz")')])
    assert found == {tmp_path / "datasets" / "sounds.npz"}


@every_lesson
def test_first_cell_says_in_one_line_which_model_package_is_missing(stem, needed, monkeypatch):
    """All that the lesson's modules ask for, before anything else is done; nothing, if none is."""
    files = needed[int(stem[:2])]
    if ROOT / "requirements-models.txt" not in files:
        return
    first, *later = (cell.source for cell in code(make_notebooks.solved(source(stem))))
    modules = (p for p in files if p.suffix == ".py" and p.stem != "model_packages")
    texts = [*later, *(path.read_text(encoding="utf-8") for path in modules)]
    used = {n.value for t in texts for n in ast.walk(ast.parse(t)) if isinstance(n, ast.Constant)}
    imported = set().union(*(dependencies.imported(ast.parse(text)) for text in texts))
    used |= {name for name, module in MODULES.items() if module in imported}
    assert tagged(make_notebooks.solved(source(stem)), "setup") == [first]
    for module in MODULES.values():
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingPackage) as caught:
        namespace_after(first)
    (line,) = caught.value._render_traceback_()
    told = re.fullmatch(r"MissingPackage: not installed: ([^.]+)\. .*, run `(.+)` with .*", line)
    assert set(told[1].split(", ")) == used & set(MODULES)
    assert told[2] == INSTALL


@every_lesson
def test_source_is_what_jupytext_would_write(stem):
    text = source(stem).read_text(encoding="utf-8")
    again = jupytext.writes(jupytext.reads(text, fmt="md:myst"), fmt="md:myst")
    assert text == again, "saving in JupyterLab would change it: run `make notebooks`"


@every_notebook
def test_every_cell_was_run_in_order(folder, stem):
    counts = [cell.execution_count for cell in code(read(folder, stem))]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_no_output_on_stderr_and_no_error_but_of_unanswered_checks(folder, stem):
    for cell in code(read(folder, stem)):
        for output in cell.outputs:
            assert output.get("name") != "stderr", cell.source
            if output.output_type == "error":
                assert folder == "notebooks", cell.source
                assert is_check(cell), cell.source
                assert output.ename == "ExerciseError"
                assert re.fullmatch(r"Exercise \d+\.\d+: not attempted yet", output.evalue)
                assert output.traceback == [output.evalue]


@every_notebook
def test_nothing_that_is_compared_is_exempted(folder, stem):
    banned = {"nbval-ignore-output", "nbval-skip", "nbval-raises-exception"}
    for cell in code(read(folder, stem)):
        assert not banned & set(tags(cell))
        assert not re.search(r"#\s*(NBVAL|PYTEST_VALIDATE)", cell.source)


@every_notebook
def test_every_picture_comes_with_its_numbers(folder, stem):
    """nbval cannot compare pictures; it compares this text, which holds the numbers behind them."""
    for cell in code(read(folder, stem)):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                assert output.data["text/plain"].startswith("Figure\n"), cell.source
                assert ": " in output.data["text/plain"]


@every_notebook
def test_no_machine_path_and_no_random_address_in_what_is_stored(folder, stem):
    notebook = read(folder, stem)
    for cell in code(notebook):
        for output in cell.outputs:  # by chance a picture's letters may look like an address
            output.get("data", {}).pop("image/png", None)
    text = nbformat.writes(notebook)
    assert not re.search(r"/home/|/root/|/tmp/|/work/|C:\\|0x[0-9a-f]{6,}", text)


@every_lesson
def test_learners_copy_holds_no_answer(stem):
    for cell in read("notebooks", stem).cells:
        assert "BEGIN SOLUTION" not in cell.source
        assert "HIDDEN TESTS" not in cell.source
        if is_exercise(cell):
            assert "raise NotImplementedError" in cell.source


@every_lesson
def test_form_of_a_lesson(stem):
    solved = read("solutions", stem)
    prose = [cell.source for cell in solved.cells if cell.cell_type == "markdown"]
    assert prose[0].startswith(f"# {stem[:2]} · ")
    headings = re.findall(r"^## (.+)$", "\n\n".join(prose), re.MULTILINE)
    assert [h for h in headings if h in HEADINGS] == HEADINGS, headings
    assert "```mermaid" in prose[0] + prose[1]
    assert len(tagged(solved, "setup")) == 1
    figures = sum(
        "image/png" in output.get("data", {}) for cell in code(solved) for output in cell.outputs
    )
    assert figures >= 2


@every_lesson
def test_cells_are_short_and_prose_carries_them(stem):
    notebook = read("solutions", stem)
    lengths = [len(cell.source.splitlines()) for cell in code(notebook) if not is_exercise(cell)]
    assert statistics.median(lengths) <= 8
    assert max(lengths) <= 20
    words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown")
    assert words / len(lengths) >= 40
    for cell in code(notebook):
        assert all(len(line) <= 100 for line in cell.source.splitlines())


@every_lesson
def test_exercises_are_three_or_more_two_checked_each_with_a_hint(stem):
    notebook = read("solutions", stem)
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    exercises = re.findall(r"^### (\d+\.\d+) · ", prose, re.MULTILINE)
    lesson = int(stem[:2])
    assert exercises == [f"{lesson}.{i}" for i in range(1, len(exercises) + 1)]
    assert len(exercises) >= 3
    parts = re.split(r"^### \d+\.\d+ · ", prose, flags=re.MULTILINE)[1:]
    assert all("<summary>Hint" in part for part in parts)
    checks = [cell for cell in notebook.cells if is_check(cell)]
    assert len(checks) >= 2
    for cell in checks:
        assert "raises-exception" in tags(cell)
        assert cell.metadata.nbgrader.points >= 1
        assert re.search(r'check\("\d+\.\d+", \w+\)', cell.source)
        assert "### BEGIN HIDDEN TESTS" in cell.source


@every_lesson
def test_every_checked_exercise_has_cases_and_is_right_in_the_solution(stem):
    for cell in read("solutions", stem).cells:
        if is_check(cell):
            number = re.search(r'check\("(\d+\.\d+)"', cell.source)[1]
            assert number in CASES or number in exam.EXERCISES
            assert cell.outputs[0].text.startswith(f"Exercise {number}: right")


def test_running_a_lessons_cells_leaves_numpy_printing_as_it_was():
    before = np.get_printoptions()
    assert namespace_after("import numpy as np", "np.set_printoptions(precision=1)")["np"] is np
    assert np.get_printoptions() == before


@every_lesson
def test_an_exercise_needs_only_the_setup_cell(stem):
    """What a teacher hands out alone must run alone: setup, exercise, check."""
    notebook = read("solutions", stem)
    work = [c.source for c in notebook.cells if is_exercise(c) or is_check(c)]
    namespace_after(*tagged(notebook, "setup"), *work)


@every_lesson
def test_no_other_cell_uses_an_exercises_answer(stem):
    notebook = read("solutions", stem)
    answers = set()
    for cell in notebook.cells:
        if is_exercise(cell):
            answers |= {
                node.name
                for node in ast.walk(ast.parse(cell.source))
                if isinstance(node, ast.FunctionDef)
            }
    for cell in code(notebook):
        if not is_exercise(cell) and not is_check(cell):
            used = {n.id for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Name)}
            assert not used & answers, cell.source


BUILDS = [
    (stem, tag.removeprefix("builds:"))
    for stem in STEMS
    for cell in code(make_notebooks.solved(source(stem)))
    for tag in tags(cell)
    if tag.startswith("builds:")
]


def test_lessons_build_what_they_import():
    assert len(BUILDS) >= 5


@pytest.mark.parametrize(("stem", "name"), BUILDS)
def test_what_a_lesson_builds_agrees_with_the_library(stem, name):
    module, function = name.rsplit(".", 1)
    notebook = make_notebooks.solved(source(stem))
    space = namespace_after(*tagged(notebook, "setup"), *tagged(notebook, f"builds:{name}"))
    library = getattr(__import__(f"course_lib.{module}", fromlist=[function]), function)
    assert len(CASES[name]) >= 3
    for case in CASES[name]:
        built = space[function](*map(np.asarray, case.arguments))
        assert agrees(built, library(*case.arguments), 1e-6), case
        assert agrees(built, case.expected, case.tolerance), case


@every_lesson
def test_head_and_readme_say_the_minutes_of_the_source_and_the_run_is_within_budget(stem):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    row = re.search(rf"\|[^\n]*\(notebooks/{stem}\.ipynb\)[^\n]*", readme)
    assert row, f"README.md lists no {stem}"
    told = re.search(r"\| ([^|]+) \| (\d+) s \| ([\d,]+) MB \|", row[0]).groups()
    sentence, minutes = make_notebooks.minutes_of(source(stem))
    assert f"\n{sentence}" in source(stem).read_text(encoding="utf-8"), "run `make notebooks`"
    assert told[0] == minutes, "run `make notebooks`"
    assert int(told[1]) <= 60
    assert int(told[2].replace(",", "")) <= 2048


@every_lesson
def test_the_core_of_a_lesson_takes_an_hour_at_most(stem):
    lesson = make_notebooks.solved(source(stem))
    assert core.is_marked(lesson)
    assert core.minutes(lesson, rounded=False)[0] <= 60
    assert "A place to stop" in {part.heading for part in core.parts(lesson) if not part.deeper}
