"""A stand-in for Vector: runs a configuration with a `stdin` source and `elasticsearch` sinks.

Programs and conditions run in the engine of VRL itself (vrl-python). The rest is written after Vector's
documentation and source: the topology, templates of index names, encoding, data streams and bulk requests.
"""

import json
import os
import re
import sys
import urllib.request
from datetime import datetime, timezone

import vrl_python

RUNTIME = vrl_python.VRLRuntime()
ID = "logweir_verify_id"
# How the engine prints a timestamp.
TIMESTAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? UTC$")


class Aborted(Exception):
    pass


def rfc3339(text):
    return text[:10] + "T" + text[11:-4] + "Z"


def timestamps(value, path=""):
    """Programs that give back the type of timestamps: Python has only their text."""
    for key, inner in value.items():
        at = f"{path}.{json.dumps(key)}"
        if isinstance(inner, str) and TIMESTAMP.match(inner):
            yield f"{at} = parse_timestamp!({at}, \"%F %T%.f UTC\")"
        elif isinstance(inner, dict):
            yield from timestamps(inner, at)


def execute(source, event, meta):
    """The result of a program. The engine keeps what it has compiled: values are not part of the program."""
    program = "\n".join([f"%{ID} = del(.{ID})", *timestamps(event), source])
    try:
        return RUNTIME.execute(program, {**event, ID: meta})
    except Exception as error:
        if "error[E000]: aborted" in str(error):
            raise Aborted from None
        raise


def condition(given, event, meta):
    if isinstance(given, dict):
        given = given["source"]
    try:
        return execute(given, event, meta).runtime_result is True
    except Exception:
        return False


def remap(options, event, meta, emit):
    source = options["source"] if "source" in options else open(options["file"]).read()
    makes_meta = f"%{ID} = " in source
    try:
        result = execute(f"{source}\n%{ID}" if makes_meta else source, event, meta)
    except Aborted:
        if options.get("drop_on_abort", True) is False:
            emit(None, event, meta)
        return
    except Exception:
        if options.get("drop_on_error", False) is False:
            emit(None, event, meta)
        elif options.get("reroute_dropped", False):
            emit("dropped", event, meta)
        return
    if makes_meta:
        meta = result.runtime_result
    events = result.processed_event
    for one in events if isinstance(events, list) else [events]:
        emit(None, one if isinstance(one, dict) else {"message": one}, meta)


def transform(options, event, meta, emit):
    kind = options["type"]
    if kind == "remap":
        remap(options, event, meta, emit)
    elif kind == "filter":
        if condition(options["condition"], event, meta):
            emit(None, event, meta)
    elif kind in ("route", "exclusive_route"):
        routes = options.get("route") or options.get("routes")
        if isinstance(routes, list):
            routes = {one["name"]: one["condition"] for one in routes}
        matched = [name for name, test in routes.items() if condition(test, event, meta)]
        for name in (matched if kind == "route" else matched[:1]) or ["_unmatched"]:
            emit(name, json.loads(json.dumps(event)), meta)
    else:
        sys.exit(f"the stand-in has no transform of type {kind}")


class Missing(Exception):
    pass


def field(event, path):
    value = event
    for key in path.strip().lstrip(".").split("."):
        if not isinstance(value, dict) or value.get(key) is None:
            raise Missing
        value = value[key]
    return value


def render(template, event):
    time = event.get("timestamp")
    # Only a value of type timestamp counts; a text is no time.
    is_time = isinstance(time, str) and TIMESTAMP.match(time)
    when = datetime.fromisoformat(time[:19]) if is_time else datetime.now(timezone.utc)
    text = re.sub(r"%[A-Za-z]", lambda found: when.strftime(found[0]), template)
    return re.sub(r"\{\{\s*([^{}]+?)\s*\}\}", lambda found: text_of(field(event, found[1])), text)


def text_of(value):
    return value if isinstance(value, str) else json.dumps(value)


def remove(event, path):
    *above, last = path.lstrip(".").split(".")
    for key in above:
        event = event.get(key, {})
    if isinstance(event, dict):
        event.pop(last, None)


def data_stream(options, event, time_key):
    stream = options.get("data_stream", {})
    defaults = {"type": "logs", "dataset": "generic", "namespace": "default"}
    parts = {name: render(stream.get(name, default), event) for name, default in defaults.items()}
    own = event.get("data_stream", {})
    if stream.get("auto_routing", True):
        parts.update({name: own[name] for name in parts if name in own})
    if stream.get("sync_fields", True):
        event["data_stream"] = {**parts, **own}
    if time_key in event:
        event["@timestamp"] = event.pop(time_key)
    return "-".join(part for part in parts.values() if part != "")


def encoded(value):
    if isinstance(value, str) and TIMESTAMP.match(value):
        return rfc3339(value)
    if isinstance(value, list):
        return [encoded(one) for one in value]
    return {key: encoded(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def lines_of(options, event, time_key):
    is_stream = options.get("mode") == "data_stream"
    index = options.get("bulk", {}).get("index") or options.get("index", "vector-%Y.%m.%d")
    action = {"_index": data_stream(options, event, time_key) if is_stream else render(index, event)}
    if options.get("id_key") in event:
        action["_id"] = text_of(event.pop(options["id_key"]))
    encoding = options.get("encoding", {})
    for path in encoding.get("except_fields", []):
        remove(event, path)
    if "only_fields" in encoding:
        event = {key: event[key] for key in encoding["only_fields"] if key in event}
    operation = "create" if is_stream else options.get("bulk", {}).get("action", "index")
    return [json.dumps({operation: action}), json.dumps(encoded(event), sort_keys=True)]


def send(options, lines):
    endpoint = (options.get("endpoints") or [options.get("endpoint") or options.get("host")])[0]
    for url, body in [("/", None), ("/_bulk?timeout=60s", "".join(line + "\n" for line in lines).encode())]:
        request = urllib.request.Request(endpoint + url, body, {"content-type": "application/x-ndjson"})
        answer = json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request))
    if answer["errors"] or len(answer["items"]) * 2 != len(lines):
        sys.exit("the answer of _bulk is not complete")


def interpolated(text):
    """As Vector does by default before 0.57."""
    found = r"\$\$|\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)"
    value = lambda one: "$" if one[0] == "$$" else os.environ.get(one[1] or one[3], one[2] or "")
    return re.sub(found, value, text)


def programs(config):
    for name, options in config["transforms"].items():
        routes = options.get("route", {})
        for given in [options.get("source"), options.get("condition"), *(routes.values())]:
            given = given["source"] if isinstance(given, dict) else given
            if isinstance(given, str):
                yield name, given


def main():
    if sys.argv[1:] == ["--version"]:
        print("vector 0.58.0 (stand-in)")
        return
    config = json.loads(interpolated(open(sys.argv[sys.argv.index("--config") + 1]).read()))
    for name, source in programs(config):
        problem = vrl_python.VRLRuntime.check_syntax(source)
        if problem:
            print(f"ERROR vector::cli: Configuration error. transforms.{name}: {problem.formatted_message}", file=sys.stderr)
            sys.exit(78)
    readers = {}
    for name, options in [*config["transforms"].items(), *config["sinks"].items()]:
        for source in options["inputs"]:
            readers.setdefault(source, []).append(name)
    sent = {name: [] for name in config["sinks"]}
    time_key = config.get("log_schema", {}).get("timestamp_key", "timestamp")

    def give(output, event, meta):
        for name in readers.get(output, []):
            copy = json.loads(json.dumps(event))
            if name in sent:
                try:
                    sent[name] += lines_of(config["sinks"][name], copy, time_key)
                except Missing:
                    pass
            else:
                emit = lambda port, one, id, name=name: give(f"{name}.{port}" if port else name, one, id)
                transform(config["transforms"][name], copy, meta, emit)

    [(source, _)] = config["sources"].items()
    for line in sys.stdin:
        give(source, {**json.loads(line), "host": "h", "source_type": "stdin"}, None)
    for name, lines in sent.items():
        if lines:
            send(config["sinks"][name], lines)


main()
