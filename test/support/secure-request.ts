import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Certificates } from './certificates.ts';

/** A request of the administrator. @throws where the answer is no 2xx */
export type AdminRequest = (method: string, path: string, body?: object) => Promise<unknown>;

/**
 * Requests over TLS with the client's certificate, on a connection each.
 *
 * @param login `user:password`, where the certificate is not enough
 */
export function adminRequest(port: number, certificates: Certificates, login?: string): AdminRequest {
  return async (method, path, body) => {
    const outgoing = request(`https://127.0.0.1:${port}${path}`, {
      method,
      ...(login === undefined ? {} : { auth: login }),
      ca: readFileSync(certificates.ca),
      cert: readFileSync(certificates.client.cert),
      key: readFileSync(certificates.client.key),
      headers: { 'content-type': 'application/json' },
      timeout: 10_000,
      agent: false,
    });
    const answered = new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).once('error', reject);
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    const answer = await answered;
    const answerText = await text(answer);
    if (answer.statusCode === undefined || answer.statusCode >= 300)
      throw new Error(`${method} ${path}: ${answer.statusCode} ${answerText}`);
    return JSON.parse(answerText) as unknown;
  };
}
