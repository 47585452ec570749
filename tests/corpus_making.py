"""Makes the files of the corpus that are no programs, in a process of its own: `python -m tests.corpus_making`.

torch warns of what attacks use, and nothing of theirs is to be imported by the tests. Standard input has one JSON
object to a line: `script`, already filled in, and the `folder` to write to. A line on standard output says that it has
ended.
"""

import json
import os
import runpy
import sys
import warnings


def main() -> None:
    """See the module."""
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        asked = json.loads(line)
        os.chdir(asked["folder"])
        runpy.run_path(asked["script"], run_name="__main__")
        print("made", flush=True)


if __name__ == "__main__":
    main()
