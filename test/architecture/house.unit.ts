import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/probes.js';

interface Entry {
  version: string;
  resolved?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');
const packages = (JSON.parse(read('package-lock.json')) as { packages: Record<string, Entry> }).packages;

describe('the repository', () => {
  test('its lock file names every optional package of every platform, so that npm ci takes it', () => {
    const missing: string[] = [];
    for (const [path, entry] of Object.entries(packages)) {
      const parents = path === '' ? [] : path.split('/node_modules/');
      for (const name of Object.keys(entry.optionalDependencies ?? {})) {
        const places = parents.map((_, depth) => `${parents.slice(0, depth + 1).join('/node_modules/')}/node_modules/${name}`);
        if (![`node_modules/${name}`, ...places].some((place) => place in packages)) missing.push(`${path}: ${name}`);
      }
    }
    expect(missing).toEqual([]);
  });

  test('its lock file matches package.json and holds no address of a registry', () => {
    const manifest = JSON.parse(read('package.json')) as Entry;
    const { dependencies, devDependencies, optionalDependencies } = packages['']!;
    expect({ dependencies, devDependencies, optionalDependencies }).toEqual({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
      optionalDependencies: manifest.optionalDependencies,
    });
    expect(Object.entries(packages).filter(([, entry]) => entry.resolved?.startsWith('http'))).toEqual([]);
  });

  test('pins every version', () => {
    const manifest = JSON.parse(read('package.json')) as Entry;
    const versions = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((group) =>
      Object.values(group!),
    );
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  test('carries the licence that package.json names, whole', () => {
    const licence = read('LICENSE');
    expect((JSON.parse(read('package.json')) as { license: string }).license).toBe('EUPL-1.2');
    expect(licence).toContain('EUROPEAN UNION PUBLIC LICENCE v. 1.2');
    for (let article = 1; article <= 15; article++) expect(licence).toMatch(new RegExp(`^${article}\\.[A-Z]`, 'm'));
    expect(licence).toContain('All other changes or additions to this Appendix require the production of a new EUPL version.');
  });

  test('numbers its decisions without a gap, each with context, decision, rejected options and consequences', () => {
    const files = readdirSync(join(projectRoot, 'docs', 'adr')).sort();
    expect(files.length).toBeGreaterThan(11);
    files.forEach((name, index) => {
      expect(name.slice(0, 4)).toBe(String(index + 1).padStart(4, '0'));
      const headings = read(join('docs', 'adr', name)).match(/^## .+$/gm);
      expect([name, headings]).toEqual([name, ['## Context', '## Decision', '## Rejected', '## Consequences']]);
    });
  });
});
