"""All comparisons in one table: `python benchmarks`; its parts are files that run alone too."""

import fits
import harness
import metrics
import top_k

if __name__ == "__main__":
    options = harness.arguments(
        __doc__,
        parts=["metrics", "top_k", "fits"],
        data=str(harness.DATA),
    )
    table = harness.Table()
    for name, part, own in (
        ("metrics", metrics, {"users": [6_000, 100_000]}),
        ("top_k", top_k, {"users": [100_000]}),
        ("fits", fits, {"tasks": fits.TASKS, "logs": fits.LOGS}),
    ):
        if name in options.parts:
            vars(options).update(own)
            part.main(table, options)
    table.end()
