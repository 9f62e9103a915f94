"""Runs the Python scenarios against a broker and prints one JSON line for each.

run.py --service-url URL --admin-url URL [--control-url URL] [--run ID] [--only TEXT]
       [--groups produce,ack] [--lanes N] [--log FILE]
"""

import argparse
import importlib
import json
import os
import sys
import threading
import time
import traceback

import pulsar

import stage

GROUPS = [
    "produce", "large", "producers", "exclusive", "encryption", "deduplication", "topics",
    "discovery", "non_persistent", "rates", "subscriptions", "failover", "key_shared", "ack",
    "redelivery", "delayed", "seek", "reader", "compaction", "rest", "administration",
    "storage_policies", "metrics", "network", "schema", "scale", "credentials",
    "permissions", "combined", "restart",
]  # fmt: skip


def main():
    options = arguments()
    stage.LOGGER = pulsar.FileLogger(pulsar.LoggerLevel.Info, options.log)
    for group in options.groups.split(","):
        # A group may be the other suite's only.
        if group not in GROUPS:
            continue
        importlib.import_module(f"scenarios.{group}")
    wanted = [each for each in stage.SCENARIOS if options.only in each.name]
    if not options.control_url:
        wanted = [each for each in wanted if not each.needs_switch]
    together = [each for each in wanted if not each.alone]
    failed = run_in_lanes(together, options)
    for each in wanted:
        if each.alone:
            failed += run_one(each, options)
    sys.stdout.flush()
    os._exit(1 if failed else 0)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--service-url", required=True)
    parser.add_argument("--admin-url", required=True)
    parser.add_argument("--control-url", default="")
    parser.add_argument("--run", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--lanes", type=int, default=4)
    parser.add_argument("--log", default="/dev/null")
    return parser.parse_args()


def run_in_lanes(scenarios, options):
    queue = list(reversed(scenarios))
    failures = []
    lock = threading.Lock()

    def lane():
        while True:
            with lock:
                if not queue:
                    return
                each = queue.pop()
            failures.append(run_one(each, options))

    lanes = [threading.Thread(target=lane) for _ in range(options.lanes)]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join()
    return sum(failures)


def run_one(each, options):
    """Runs one scenario under its deadline; 1 when it failed. One that hangs is left behind."""
    set_up = stage.Stage(
        each.name, options.service_url, options.admin_url, options.control_url, options.run
    )
    result = {"scenario": f"python.{each.name}", "status": "passed"}
    started = time.monotonic()

    def perform():
        try:
            each.body(set_up)
        except BaseException as error:
            result["status"] = "failed"
            result["error"] = describe(error)
        finally:
            set_up.close()

    thread = threading.Thread(target=perform, daemon=True)
    thread.start()
    thread.join(each.deadline_s)
    if thread.is_alive():
        result = dict(result, status="failed", error=where_it_hangs(thread, each.deadline_s))
    result["ms"] = round((time.monotonic() - started) * 1000)
    result["facts"] = dict(set_up.facts)
    # In one write: lanes print at the same time.
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    return result["status"] == "failed"


def describe(error):
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "scenarios" in frame.filename]
    line = f"{os.path.basename(ours[-1].filename)}:{ours[-1].lineno}" if ours else "?"
    return f"{type(error).__name__} at {line}: {error}"[:700]


def where_it_hangs(thread, deadline_s):
    frame = sys._current_frames().get(thread.ident)
    stack = traceback.extract_stack(frame) if frame else []
    ours = [each for each in stack if "scenarios" in each.filename]
    where = f"{os.path.basename(ours[-1].filename)}:{ours[-1].lineno}" if ours else "?"
    return f"did not end within {deadline_s} s, was at {where} {ours[-1].line if ours else ''}"


if __name__ == "__main__":
    main()
