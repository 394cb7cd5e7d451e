"""The book's settings for Sphinx; tools/make_book.py lays its pages out."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

# The one setting with an address: where the course lives on GitHub, https://github.com/owner/name.
# Unset, no page has a link to Binder or to a download.
REPOSITORY = os.environ.get("BOOK_REPOSITORY", "")

project = "Mining Shopper Preferences"
author = "The authors of Mining Shopper Preferences"
copyright = f"2026, {author}. Lessons and texts: CC BY 4.0; code: MIT"
language = "en"
locale_dirs = [str(ROOT / "docs" / "locale")]
gettext_compact = False  # one file of texts for each page
gettext_uuid = False

extensions = ["myst_nb", "sphinx.ext.mathjax", "book_nodes"]
nb_execution_mode = "off"
nb_merge_streams = True
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 3

mathjax_path = "mathjax/tex-chtml.js"  # book_nodes brings it
mathjax3_config = {"options": {"enableMenu": False}}  # what the menu would load stays at home

add_module_names = False  # a page of the library is one module
html_use_index = False  # the search finds names, too
html_domain_indices = False

html_theme = "sphinx_book_theme"
html_title = project
html_favicon = "icon.svg"
html_context = {"default_mode": "auto"}  # as the reader's system is: light or dark
html_copy_source = bool(REPOSITORY)  # what a download gives
html_static_path = ["book.css", "book.js", "charts.js"]  # beside this file
html_css_files = ["book.css"]
html_js_files = ["book.js"]
html_theme_options = {
    "navbar_persistent": [],  # one search is enough: the sidebar's
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "home_page_in_toc": False,
    "use_download_button": bool(REPOSITORY),
    "use_fullscreen_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
if REPOSITORY:
    html_theme_options |= {
        "repository_url": REPOSITORY,
        "repository_branch": "main",
        "use_repository_button": True,
        "launch_buttons": {
            "binderhub_url": "https://mybinder.org",
            "notebook_interface": "jupyterlab",
        },
    }
