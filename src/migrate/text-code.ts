import { quoted } from './names.ts';

const VARIABLE = /\$\$|\$\{([A-Za-z_][\w.]*)(?:(:?[-?])([^{}]*))?\}|\$([A-Za-z_]\w*)/g;

/** The text as it may be when its variables are expanded: for checks of its form. */
export function sampleText(text: string): string {
  return text.replaceAll(
    VARIABLE,
    (whole: string, _name: string | undefined, operator: string | undefined, inner: string | undefined) => {
      if (whole === '$$') return '$';
      return operator?.endsWith('-') === true && inner !== undefined && inner !== '' ? inner : 'x';
    },
  );
}

/** The text without its variables. */
export function withoutVariables(text: string): string {
  return text.replaceAll(VARIABLE, '');
}

/** The inside of a template literal: a text with its variables, which generated code has to expand. */
export function templateText(text: string, imports: Record<string, string[]>): string {
  let code = '';
  let end = 0;
  const literal = (part: string): string => part.replaceAll(/[`\\$]/g, String.raw`\$&`);
  for (const match of text.matchAll(VARIABLE)) {
    const [whole, braced, operator, inner = '', plain] = match;
    code += literal(text.slice(end, match.index));
    end = match.index + whole.length;
    code +=
      whole === '$$' ? literal('$') : `\${${variableCode(braced ?? plain ?? '', operator, inner, imports)}}`;
  }
  return code + literal(text.slice(end));
}

function variableCode(
  name: string,
  operator: string | undefined,
  inner: string,
  imports: Record<string, string[]>,
): string {
  if (operator?.endsWith('-') === true)
    return `process.env[${quoted(name)}] ${operator === '-' ? '??' : '||'} ${quoted(inner)}`;
  // It throws where the variable is not set.
  imports['logweir/vrl'] = [...new Set([...(imports['logweir/vrl'] ?? []), 'getEnvVar'])];
  return `getEnvVar(${quoted(name)})`;
}

/** A text as an expression of generated code. */
export function textCode(text: string, imports: Record<string, string[]>): string {
  return sampleText(text) === text ? quoted(text) : `\`${templateText(text, imports)}\``;
}
