# Runs calls of functions, one JSON object a line, with the engine of Rust (vrl-python).
import json
import resource
import sys

import vrl_python

resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
runtime = vrl_python.VRLRuntime()


def outcome(call, event):
    # A call that cannot fail must not have an error variable, any other must.
    for form in (".r = %s", ".r, .err = %s"):
        source = form % call
        problem = vrl_python.VRLRuntime.check_syntax(source)
        if problem is not None:
            text = problem.formatted_message
            if "E100" in text or "E103" in text:
                continue
            return {}
        try:
            made = runtime.execute(source, event).processed_event
        except BaseException as error:
            return {"source": source, "failed": str(error)}
        return {"source": source, "value": made.get("r"), "error": made.get("err")}
    return {}


for line in sys.stdin:
    given = json.loads(line)
    print(json.dumps(outcome(given["call"], given["event"])), flush=True)
