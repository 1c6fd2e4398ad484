# Runs a program of VRL over events, one JSON object a line, with the engine of Rust (vrl-python).
import json
import sys

import vrl_python

source = open(sys.argv[1]).read()
runtime = vrl_python.VRLRuntime()
problem = vrl_python.VRLRuntime.check_syntax(source)
if problem is not None:
    sys.exit(problem.formatted_message)
for line in sys.stdin:
    try:
        event = runtime.execute(source, json.loads(line)).processed_event
        print(json.dumps({"event": event}))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
