/** What an expression is known to be: the translation is plain JavaScript where that is enough. */
export type Known =
  | 'null'
  | 'boolean'
  | 'integer'
  | 'float'
  | 'string'
  | 'timestamp'
  | 'regex'
  | 'array'
  | 'object'
  | 'unknown';

/** How a function of VRL is called in TypeScript. */
export interface FunctionSpec {
  /** The export of `logweir/vrl`. */
  readonly name: string;
  /** Parameters in VRL's order, which are arguments in this order. A question mark follows optional ones. */
  readonly positional: readonly string[];
  /** Parameters, in VRL's order after the others, that become fields of a last argument, in camel case. */
  readonly options: readonly string[];
  readonly returns: Known;
  /** Names of what a closure is given. */
  readonly closure: readonly string[];
}

/**
 * One line a function: its name, `(positional; options)`, what it returns, and the parameters of its closure.
 * Names and order are those of VRL 0.35 (docs/generated of vectordotdev/vrl).
 */
const TABLE = `
abs(value) integer
append(value, items) array
array(value) array
assert(condition, message?) boolean
basename(value) unknown
bool(value) boolean
camelcase(value; original_case) string
ceil(value, precision?) unknown
compact(value; recursive, null, string, object, array, nullish) unknown
contains(value, substring; case_sensitive) boolean
decode_base64(value; charset) string
decode_percent(value) string
dirname(value) string
downcase(value) string
encode_base64(value; padding, charset) string
encode_json(value; pretty) string
encode_key_value(value; fields_ordering, key_value_delimiter, field_delimiter, flatten_boolean) string
encode_logfmt(value; fields_ordering) string
encode_percent(value; ascii_set) string
ends_with(value, substring; case_sensitive) boolean
filter(value) unknown |key, value|
find(value, pattern, from?) unknown
flatten(value, separator?; except) unknown
float(value) float
floor(value, precision?) unknown
format_int(value, base?) string
format_number(value; scale, decimal_separator, grouping_separator) string
format_timestamp(value, format; timezone) string
from_entries(value) object
from_unix_timestamp(value, unit?) timestamp
get(value, path) unknown
get_env_var(name) string
get_hostname() string
includes(value, item) boolean
int(value) integer
ip_cidr_contains(cidr, value) boolean
is_array(value) boolean
is_boolean(value) boolean
is_empty(value) boolean
is_float(value) boolean
is_integer(value) boolean
is_ipv4(value) boolean
is_ipv6(value) boolean
is_json(value; variant) boolean
is_null(value) boolean
is_nullish(value) boolean
is_object(value) boolean
is_regex(value) boolean
is_string(value) boolean
is_timestamp(value) boolean
join(value, separator?) string
kebabcase(value; original_case) string
keys(value) array
length(value) integer
log(value; level, rate_limit_secs) null
map_keys(value; recursive) object |key|
map_values(value; recursive) unknown |value|
match(value, pattern) boolean
match_any(value, patterns) boolean
md5(value) string
merge(to, from; deep) object
mod(value, modulus) unknown
now() timestamp
object(value) object
parse_apache_log(value, format; timestamp_format) object
parse_bytes(value, unit; base) float
parse_cef(value; translate_custom_fields, strict) object
parse_common_log(value; timestamp_format) object
parse_csv(value; delimiter) array
parse_duration(value, unit) float
parse_float(value) float
parse_grok(value, pattern) object
parse_groks(value, patterns; aliases) object
parse_int(value, base?) integer
parse_json(value; max_depth, lossy) unknown
parse_key_value(value; key_value_delimiter, field_delimiter, whitespace, accept_standalone_key) object
parse_klog(value) object
parse_logfmt(value) object
parse_nginx_log(value, format; timestamp_format) object
parse_query_string(value) object
parse_regex(value, pattern; numeric_groups) object
parse_regex_all(value, pattern; numeric_groups) array
parse_syslog(value) object
parse_timestamp(value, format; timezone) timestamp
parse_tokens(value) array
parse_url(value; default_known_ports) object
pascalcase(value; original_case) string
push(value, item) array
random_int(min, max) integer
redact(value, filters; redactor) unknown
remove(value, path; compact) unknown
replace(value, pattern, with, count?) string
round(value, precision?) unknown
screamingsnakecase(value; original_case) string
set(value, path, data) unknown
sha1(value) string
sha2(value; variant) string
sha3(value; variant) string
slice(value, start, end?) unknown
snakecase(value; original_case) string
split(value, pattern, limit?) array
starts_with(value, substring; case_sensitive) boolean
string(value) string
strip_ansi_escape_codes(value) string
strip_whitespace(value) string
strlen(value) integer
tally(value) object
timestamp(value) timestamp
to_bool(value) boolean
to_entries(value) array
to_float(value) float
to_int(value) integer
to_regex(value) regex
to_string(value) string
to_syslog_facility(value) string
to_syslog_facility_code(value) integer
to_syslog_level(value) string
to_syslog_severity(value) integer
to_unix_timestamp(value, unit?) integer
truncate(value, limit; suffix) string
unflatten(value; separator, recursive) object
unique(value) array
upcase(value) string
uuid_v4() string
values(value) array
zip(array_0, array_1?) array
`;

/** Names that are words of JavaScript or of the generated file. */
const RENAMED: Readonly<Record<string, string>> = {
  array: 'asArray',
  bool: 'asBoolean',
  float: 'asFloat',
  int: 'asInteger',
  object: 'asObject',
  string: 'asString',
  timestamp: 'asTimestamp',
};

const SPECS: ReadonlyMap<string, FunctionSpec> = new Map(
  TABLE.trim()
    .split('\n')
    .map((line): [string, FunctionSpec] => {
      const found = /^(\w+)\(([^;)]*)(?:; ?([^)]*))?\) (\w+)(?: \|(.*)\|)?$/.exec(line);
      if (found === null) throw new Error(`not a signature: ${line}`);
      const [, name = '', positional = '', options = '', returns = '', closure = ''] = found;
      return [
        name,
        {
          name: RENAMED[name] ?? camelCase(name),
          positional: names(positional),
          options: names(options),
          returns: returns as Known,
          closure: names(closure),
        },
      ];
    }),
);

/** Undefined for a function that is not translated. */
export function functionSpec(name: string): FunctionSpec | undefined {
  return SPECS.get(name);
}

/** Where VRL's default of a failed call is not that of the type that the function returns. */
const DEFAULTS: Readonly<Record<string, Known>> = {
  abs: 'null',
  compact: 'object',
  find: 'integer',
  flatten: 'object',
  format_int: 'integer',
  round: 'integer',
  to_regex: 'string',
};

/** The type whose default `value, error = f(…)` gives to the value; undefined if it is that of the result. */
export function defaultOf(name: string): Known | undefined {
  return Object.hasOwn(DEFAULTS, name) ? DEFAULTS[name] : undefined;
}

/** All functions that are translated, by their name in VRL. */
export function functionNames(): readonly string[] {
  return [...SPECS.keys()];
}

export function camelCase(name: string): string {
  return name.replace(/_+([a-zA-Z0-9])/g, (_all, letter: string) => letter.toUpperCase());
}

function names(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Exports of `logweir/vrl` beside the functions of VRL. */
const HELPERS =
  'abort add asEvent asEvents at attempt copy divide entries equals hasPath isAtLeast isAtMost isGreater isLess ' +
  'isTrue multiply or put recover regex removeAt shallow subtract timestampLiteral unnest';

/** Names that a variable of a generated file cannot have. */
export function exportedNames(): readonly string[] {
  return [...HELPERS.split(' '), ...[...SPECS.values()].map(({ name }) => name)];
}
