import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The PEM files of one certificate and its key. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  readonly ca: string;
  /** Of 127.0.0.1 and localhost. */
  readonly server: Certificate;
  readonly client: Certificate;
  /** The server's key and certificate as Java wants them; its password is `secret`. */
  readonly serverStore: string;
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority, and what it has signed, in a directory of its own. */
export function makeCertificates(directory: string): Certificates {
  mkdirSync(directory, { recursive: true });
  const at = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const authority = ['-subj', '/CN=logweir test CA', '-keyout', 'ca.key', '-out', 'ca.pem'];
  openssl('req', '-x509', ...KEY, '-days', '2', ...authority);
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const sign = (name: string): Certificate => {
    openssl('req', ...KEY, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const signing = [
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names',
    ];
    openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, ...signing);
    return { cert: at(`${name}.pem`), key: at(`${name}.key`) };
  };
  const server = sign('server');
  const store = [
    '-in',
    'server.pem',
    '-inkey',
    'server.key',
    '-passout',
    'pass:secret',
    '-out',
    'server.p12',
  ];
  openssl('pkcs12', '-export', ...store);
  return { ca: at('ca.pem'), server, client: sign('client'), serverStore: at('server.p12') };
}
