/** Finds tokens, keys and passwords in text by their context or prefix. All functions take linear time. */

type Replace = (found: string) => string;

/** The start of a word: `%3D` and `\n` before it are escapes, and not part of the word. */
const START = String.raw`(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}|\\[nrt]|\\u[0-9A-Fa-f]{4}))`;
const SPACE = String.raw`(?:[ \t]|%20|\+)`;

/** A scheme of HTTP authentication in upper or lower case (RFC 9110, 11.1), and its credentials. */
const SCHEME = new RegExp(
  String.raw`${START}(?:bearer|basic)(?::|%3a)?${SPACE}{1,8}["'\\]{0,3}(?<token>[\w.~+/|:%-]{8,}=*)`,
  'gi',
);
/** The value of `Authorization`, with the parameters of Digest and AWS; after a scheme even one word. */
const HEADER = new RegExp(
  String.raw`(?<name>authorization["'\\]{0,4}[ \t]{0,4}(?:[:=]|%3a|%3d|=>)(?:[ \t]|%20|\+){0,4}["'\\[]{0,4})` +
    String.raw`(?:(?:bearer|basic|token|digest|negotiate|ntlm|hawk|api-?key|aws4-hmac-sha256)(?::|%3a)?${SPACE}{1,8}` +
    String.raw`(?:(?:[\w-]{1,64}=(?:\\?"[^"\\\r\n]*\\?"|[^\s,"'\\]+)(?:,[ \t]*)?)+|[^\s"'\\,;\]}&]+)|(?<opaque>[^\s"'\\,;\]}&]{8,}))`,
  'gi',
);

export function replaceBearers(text: string, replace: Replace): string {
  if (!/bearer|basic|authorization/i.test(text)) return text;
  return text
    .replaceAll(HEADER, (found, name: string, opaque?: string) =>
      opaque === undefined || looksRandom(opaque) ? name + replace(found.slice(name.length)) : found,
    )
    .replaceAll(SCHEME, (found, token: string) => (looksRandom(token) ? replace(found) : found));
}

/** Whether it is no word (`Basic authentication failed`): has digits or an inner capital, or is longer. */
function looksRandom(token: string): boolean {
  return /\d|[a-z][A-Z]|[A-Za-z]{24}/.test(token);
}

/** Well-known keys by their prefixes: clouds, forges, registries, payment, chat, models. */
const PREFIXED_KEYS = [
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])',
  'AIza[A-Za-z0-9_-]{35}',
  String.raw`ya29\.[\w-]{20,}`,
  'GOCSPX-[A-Za-z0-9_-]{20,}',
  'gh[pousr]_[A-Za-z0-9]{36,}',
  'github_pat_[A-Za-z0-9_]{22,}',
  String.raw`gl(?:pat|ptt|dt|rt|rtr|cbt|ft|soat|agent|imt|oas|ffct)-[\w.-]{20,}`,
  'ATATT3[A-Za-z0-9_=-]{20,}',
  'npm_[A-Za-z0-9]{36,}',
  'pypi-[A-Za-z0-9_-]{50,}',
  'dckr_pat_[A-Za-z0-9_-]{20,}',
  'do[opr]_v1_[a-f0-9]{64}',
  String.raw`hv[sbr]\.[\w-]{20,}`,
  '(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}',
  'whsec_[A-Za-z0-9+/]{20,}={0,2}',
  'shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}',
  // A word of a style sheet (`sk-fading-circle-container`) has no digits.
  'sk-(?=[A-Za-z_-]{0,64}[0-9])[A-Za-z0-9_-]{20,}',
  'hf_[A-Za-z0-9]{30,}',
  'dapi[a-f0-9]{32}',
  'glsa_[A-Za-z0-9_]{32,}',
  String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`,
  'xox[a-z]-[A-Za-z0-9-]{10,}',
  String.raw`xapp-\d-[A-Za-z0-9-]{10,}`,
  'AGE-SECRET-KEY-1[A-Z0-9]{20,}',
];
const KNOWN_KEY = new RegExp(`${START}(?:${PREFIXED_KEYS.join('|')})`, 'g');
/** The prefixes alone, for a much faster first search. */
const MAY_BE_KEY =
  /A(?:[KS]IA|BIA|CCA|Iza|TATT3|GE-S)|ya29|GOCSPX|g(?:h[pousr]_|ithub_pat_|l[a-z]+-)|npm_|pypi-|dckr_|d(?:o[opr]_v1|api)|hv[sbr]\.|[sr]k_|whsec|shp|sk-|hf_|glsa|SG\.|xox|xapp/;
/** The URL is a secret: every client that knows it may post. */
const WEBHOOK =
  /hooks\.slack\.com\\?\/(?:services|workflows|triggers)(?:\\?\/[\w-]+)+|discord(?:app)?\.com\\?\/api\\?\/webhooks(?:\\?\/[\w-]+)+/gi;
const AWS_SECRET_NAME = String.raw`(?:aws_?)?secret_?(?:access_?)?key`;
/** Forty arbitrary characters, recognised only by the name before them. */
const AWS_SECRET = new RegExp(
  String.raw`(?<name>${AWS_SECRET_NAME}["'\\]{0,4}\s{0,4}(?:[:=]|=>|%3d|\s)\s{0,4}["'\\]{0,4})[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])`,
  'gi',
);
const IS_AWS_SECRET_NAME = new RegExp(`${AWS_SECRET_NAME}$`, 'i');
const AZURE_SECRET = /(?<name>(?:AccountKey|SharedAccessKey)=)[A-Za-z0-9+/]{40,}={0,2}/g;

/** @param field the name of the field with the text */
export function replaceKeys(text: string, replace: Replace, field: string): string {
  if (text.length < 20) return text;
  const afterName = (found: string, name: string): string => name + replace(found.slice(name.length));
  if (IS_AWS_SECRET_NAME.test(field) && /^[A-Za-z0-9/+]{40}$/.test(text)) return replace(text);
  let replaced = replaceJwts(replacePrivateKeys(text, replace), replace);
  if (MAY_BE_KEY.test(text)) replaced = replaced.replaceAll(KNOWN_KEY, replace);
  if (/hooks/i.test(text)) replaced = replaced.replaceAll(WEBHOOK, replace);
  if (/key/i.test(text))
    replaced = replaced.replaceAll(AWS_SECRET, afterName).replaceAll(AZURE_SECRET, afterName);
  return replaced;
}

/** Spaces may be URL-encoded. */
const ARMOUR = String.raw`(?:[ A-Z0-9+]|%20){0,60}`;
const PRIVATE_BEGIN = new RegExp(
  String.raw`-{4,5}${SPACE}?BEGIN${ARMOUR}PRIVATE${SPACE}KEY${ARMOUR}-{4,5}`,
  'g',
);
const PRIVATE_END = new RegExp(String.raw`-{4,5}${SPACE}?END${ARMOUR}-{4,5}`, 'g');

/** PEM (also encrypted, with headers), OpenSSH and PGP: up to the end of the key, or else of the text. */
function replacePrivateKeys(text: string, replace: Replace): string {
  if (!text.includes('PRIVATE')) return text;
  let replaced = '';
  let end = 0;
  PRIVATE_BEGIN.lastIndex = 0;
  for (let begin = PRIVATE_BEGIN.exec(text); begin !== null; begin = PRIVATE_BEGIN.exec(text)) {
    PRIVATE_END.lastIndex = PRIVATE_BEGIN.lastIndex;
    const found = PRIVATE_END.exec(text);
    const to = found === null ? text.length : PRIVATE_END.lastIndex;
    replaced += text.slice(end, begin.index) + replace(text.slice(begin.index, to));
    end = to;
    PRIVATE_BEGIN.lastIndex = to;
  }
  return replaced + text.slice(end);
}

/** Words with dots, like JSON Web Tokens: matched as a whole, so that no text is read twice. */
const DOTTED = /[\w.-]{20,}/g;
const JWT_HEADER_MIN = 11;
const JWT_CLAIMS_MIN = 4;

/** Signed, unsigned and encrypted JSON Web Tokens: all start with `{"` in Base64, as headers are objects. */
export function replaceJwts(text: string, replace: Replace): string {
  if (!text.includes('eyJ')) return text;
  return text.replaceAll(DOTTED, (word) => {
    const at = startOfJwt(word);
    return at < 0 ? word : word.slice(0, at) + replace(word.slice(at));
  });
}

function startOfJwt(word: string): number {
  const parts = word.split('.');
  let start = 0;
  for (const [index, part] of parts.entries()) {
    const at = part.indexOf('eyJ');
    const isHeader = at >= 0 && part.length - at >= JWT_HEADER_MIN;
    if (isHeader && (parts[index + 1] ?? '').length >= JWT_CLAIMS_MIN) return start + at;
    start += part.length + 1;
  }
  return -1;
}

/** Host and user are kept. The password may contain an `@` itself; digits alone are the number of a port. */
const USER_INFO =
  /(?<user>:\\?\/\\?\/[^\s/?#:@"'<>[\\]{0,256}:)(?!\d{1,5}(?:[/?#\\]|$))(?:[^\s/?#"'<>\\]+|[^\s"'<>\\]{1,256}?)(?=@)/g;
const ENCODED_USER_INFO =
  /(?<user>%3A%2F%2F(?:(?!%3A|%2F|%40)[^\s"'<>&]){0,256}%3A)(?:(?!%2F|%40)[^\s"'<>&]){1,256}(?=%40)/gi;
const QUERY =
  /(?<user>[?&;](?:password|passwd|passphrase|pass|pwd|secret|client_secret|token|access_token|refresh_token|id_token|api_?key|sig|signature|x-amz-signature|x-amz-security-token|x-amz-credential)=)[^&;\s"'#<>\\]+/gi;

/** Replaces passwords in URLs: `postgres://user:password@host`, and parameters with the name of a secret. */
export function replaceUrlPasswords(text: string, replace: Replace): string {
  const afterUser = (found: string, user: string): string => user + replace(found.slice(user.length));
  let replaced = text;
  if (text.includes(':')) replaced = replaced.replaceAll(USER_INFO, afterUser);
  if (text.includes('%')) replaced = replaced.replaceAll(ENCODED_USER_INFO, afterUser);
  return text.includes('=') ? replaced.replaceAll(QUERY, afterUser) : replaced;
}
