import { localPath } from './sign-in.js';

const HERE = 'https://pilotit.example';

describe('where one comes back to after signing in', () => {
  it.each(['/', '/api/demo/calls?limit=1#x', '/a//b', '/auth/session', '/a/../b'])('is a page of the service: %s', (wanted) => {
    expect(new URL(localPath(wanted, HERE), HERE).origin).toBe(HERE);
  });

  it.each([
    '//evil.example',
    'https://evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    // another place only once the dots are gone
    '/.//evil.example/phish',
    '/%2e//evil.example/x',
    '/x/..//evil.example',
    '/x/%2E%2e//evil.example',
    '/.//..//evil.example',
    '/../..//evil.example/..',
  ])('is nowhere else: %s', (wanted) => {
    expect(() => localPath(wanted, HERE)).toThrow(expect.objectContaining({ code: 'return-elsewhere' }));
  });
});
