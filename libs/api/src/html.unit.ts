import fc from 'fast-check';
import { escaped, html, Html, page, paragraphs, policyOf } from './html.js';

describe('html', () => {
  it('escapes what is put into it, in text and attributes, and leaves markup as it is', () => {
    const hostile = `"><script>alert('1')</script>&`;
    expect(html`<p title="${hostile}">${hostile}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;">&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;</p>',
    );
    const list = html`<i>${['a', 1, null, undefined, false, html`<b>b</b>`, ['<']]}</i>`;
    expect(list.text).toBe('<i>a1<b>b</b>&lt;</i>');
    expect(String(new Html('<hr>'))).toBe('<hr>');
  });

  it('lets no text become markup, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escaped(text)).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
    expect(escaped('a\u202eb\u0000c\ud800')).toBe('abc\ufffd');
  });

  it('keeps paragraphs and line breaks of a text', () => {
    const text = paragraphs('first\nsecond\n\n\nthird <b>')
      .map((p) => p.text.replace(/\s+/g, ' '))
      .join('');
    expect(text).toBe('<p> first<br />second </p><p> third &lt;b&gt; </p>');
    expect(paragraphs(' \n\n ')).toEqual([]);
  });
});

describe('page', () => {
  const text = page({ language: 'sv', title: 'A & B', header: 'who', main: html`<h1>C</h1>`, footer: 'end' });

  it('says its language and title, and needs nothing from elsewhere', () => {
    expect(text).toMatch(/^<!doctype html>\s*<html lang="sv">/);
    expect(text).toContain('<title>A &amp; B</title>');
    expect(text).not.toMatch(/<script|<link|<img|src=|url\(|@import/);
  });

  it('allows its own style by hash and nothing else', () => {
    expect(policyOf(text)).toMatch(
      /^default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-[\w+/=]{44}'; frame-ancestors 'none'$/,
    );
    const [, inPage] = /Content-Security-Policy" content="([^"]+)"/.exec(text)!;
    expect(policyOf(text)).toContain(inPage!.replaceAll('&#39;', "'"));
    expect(policyOf('<p>no style</p>')).toContain("style-src 'none'");
  });
});
