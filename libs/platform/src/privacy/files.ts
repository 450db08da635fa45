import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Purpose } from '@minipilot/kernel/event.js';
import { sha256 } from '@minipilot/kernel/ids.js';
import { StoreUnavailable } from '../store/port.js';
import type { FilePlace, FileSealer } from './port.js';

/** A file is not what its name says, or is not there although it was written. The message says what to do. */
export class FileDamaged extends Error {
  constructor(path: string, what: string) {
    super(`${path} ${what}: restore it from the backup of files`);
    this.name = 'FileDamaged';
  }
}

const NAME = /^[0-9a-z][0-9a-z.-]{0,120}$/;

/** A folder of small files that are written whole and durably, and never change. Many processes may share it. */
export class FileFolder {
  constructor(readonly dir: string) {}

  path(name: string): string {
    if (!NAME.test(name)) throw new RangeError('not a name for a file');
    return join(this.dir, name);
  }

  /** When it resolves, the bytes survive a power cut under this name, unless `durable` is false. Throws StoreUnavailable. */
  async put(name: string, bytes: Uint8Array, { durable = true } = {}): Promise<void> {
    const path = this.path(name);
    const temporary = join(this.dir, `.${randomUUID()}.tmp`);
    try {
      await madeDurable(this.dir);
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        if (durable) await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      if (durable) await syncFolder(this.dir);
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw new StoreUnavailable(`a file could not be written to ${this.dir}`, { cause });
    }
  }

  /** Null where there is none. */
  async read(name: string): Promise<Buffer | null> {
    try {
      return await readFile(this.path(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  /** Nothing happens where there is none. */
  async remove(name: string): Promise<void> {
    await rm(this.path(name), { force: true });
  }

  /** Names of all files, in no order. */
  async list(): Promise<string[]> {
    try {
      return (await readdir(this.dir)).filter((name) => NAME.test(name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }
}

async function madeDurable(dir: string): Promise<void> {
  // the first folder that was made, if any; its own name must survive too
  const first = await mkdir(dir, { recursive: true, mode: 0o700 });
  if (first !== undefined) await syncFolder(dirname(first));
}

async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Files for everybody, by digest. They need no key, so a process that only reads may serve them. */
export class PublicFiles {
  private readonly folder: FileFolder;

  constructor(dir: string) {
    this.folder = new FileFolder(dir);
  }

  /** Returns the digest. */
  async put(bytes: Uint8Array): Promise<string> {
    const digest = sha256(bytes);
    const there = await this.folder.read(digest);
    if (there === null || sha256(there) !== digest) await this.folder.put(digest, bytes);
    return digest;
  }

  /** Throws FileDamaged where it is not there or was changed. */
  async read(digest: string): Promise<Buffer> {
    const bytes = await this.folder.read(digest);
    if (bytes === null) throw new FileDamaged(this.folder.path(digest), 'is not there');
    if (sha256(bytes) !== digest) throw new FileDamaged(this.folder.path(digest), 'was changed');
    return bytes;
  }
}

/** Whose a file is, and with which of the person's keys it goes. */
export type FileOwner = Omit<FilePlace, 'file'> & { purpose: Purpose };

/**
 * Files about people: encrypted, each with a key of its own in the vault, referred to by the digest of what they say. They hold
 * something that nobody can guess, so that the digest tells nothing. When the person's keys of the purpose are destroyed, they are
 * unreadable from then on.
 */
export class SealedFiles {
  constructor(
    private readonly dir: string,
    private readonly sealer: FileSealer,
  ) {}

  private folder({ tenant }: { tenant: string }): FileFolder {
    return new FileFolder(join(this.dir, tenant));
  }

  /** Returns the digest. Writing the same again changes nothing. Throws StoreUnavailable. */
  async put(owner: FileOwner, bytes: Uint8Array): Promise<string> {
    const file = sha256(bytes);
    const place = { ...owner, file };
    if ((await this.stands(place)) === true) return file;
    await this.folder(owner).put(file, await this.sealer.sealFile(place, bytes));
    return file;
  }

  /** Whether the file can be read; without the key of its purpose as far as can be told. */
  private async stands(place: FilePlace): Promise<boolean> {
    const ciphertext = await this.folder(place).read(place.file);
    if (ciphertext === null) return false;
    try {
      return (await this.sealer.unsealFile(place, ciphertext)) !== null;
    } catch {
      return false;
    }
  }

  /** The bytes that were written; null when they were erased. Throws FileDamaged, SealBroken, KeyNotHeld. */
  async read(owner: FileOwner, digest: string): Promise<Buffer | null> {
    const place = { ...owner, file: digest };
    const folder = this.folder(owner);
    const ciphertext = await folder.read(digest);
    if (ciphertext === null) {
      if (await this.sealer.hasFileKey(place)) throw new FileDamaged(folder.path(digest), 'is not there');
      return null;
    }
    const bytes = await this.sealer.unsealFile(place, ciphertext);
    if (bytes === null) {
      // a changed file finds no key either
      if (await this.sealer.hasFileKey(place)) throw new FileDamaged(folder.path(digest), 'was changed');
      return null;
    }
    if (sha256(bytes) !== digest) throw new FileDamaged(folder.path(digest), 'is another file');
    return bytes;
  }

  /** Takes the encrypted bytes away too, once their keys are gone. */
  async sweep(tenant: string, digests: readonly string[]): Promise<void> {
    for (const digest of digests) await this.folder({ tenant }).remove(digest);
  }
}
