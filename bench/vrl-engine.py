# Runs a program of VRL over events, one JSON object a line, and prints what one event costs, in µs: by the
# clock of the engine (Rust), which does not count how Python hands events over.
import json
import sys

import vrl_python

PASSES = 20

source = open(sys.argv[1]).read()
runtime = vrl_python.VRLRuntime()
problem = vrl_python.VRLRuntime.check_syntax(source)
if problem is not None:
    sys.exit(problem.formatted_message)
events = [json.loads(line) for line in sys.stdin]
elapsed = 0.0
for number in range(PASSES + 1):
    # The first pass is for the caches.
    if number == 1:
        elapsed = 0.0
    for event in events:
        elapsed += runtime.execute(source, event).elapsed_ms
print(elapsed * 1000 / (PASSES * len(events)))
