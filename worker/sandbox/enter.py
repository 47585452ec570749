"""The child's first lines: take the limits, then run the job. Standard library only until the limits hold.

Usage: python -I -m worker.sandbox.enter LIMITS_JSON PARENT_PID PROGRESS_FD FRAMES_FD, with the job on standard input.
"""

import json
import sys

from worker.sandbox.limits import Limits, apply


def main() -> None:
    """See the module."""
    limits, parent_pid, progress_fd, frames_fd = sys.argv[1:]
    apply(Limits(**json.loads(limits)), int(parent_pid))
    job = json.load(sys.stdin)
    # Only now: torch takes two seconds and gigabytes of address space, and it must fall under the limits.
    from worker.child.main import main as run_job

    run_job(job, int(progress_fd), int(frames_fd))


if __name__ == "__main__":
    main()
