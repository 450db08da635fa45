import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The key file cannot be used; the message says why and what to do. */
export class DemoKeyRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DemoKeyRefused';
  }
}

async function createKey(file: string, algorithm: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(JSON.stringify(await exportJWK(privateKey)));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (error) {
    // another process was faster; its key counts
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
}

/** The private key in a file, made where there is none. Throws DemoKeyRefused where others could read it or it is damaged. */
export async function openDemoKey(file: string, algorithm: string): Promise<JWK & Record<string, unknown>> {
  await stat(file).catch(async (error: { code?: string }) => {
    if (error.code !== 'ENOENT') throw error;
    await createKey(file, algorithm);
  });
  if (((await stat(file)).mode & 0o077) !== 0) throw new DemoKeyRefused(`${file} can be read by others; run: chmod 600 ${file}`);
  try {
    const jwk = JSON.parse(await readFile(file, 'utf8')) as JWK | null;
    if (typeof jwk?.d === 'string') return jwk as JWK & Record<string, unknown>;
  } catch {
    // said below
  }
  throw new DemoKeyRefused(`${file} is damaged; delete it to get a new key (what was signed before stops working)`);
}
