import { S3Error } from './s3-error.ts';

export interface XmlElement {
  name: string;
  children: XmlElement[];
  /** The character data directly inside, with references resolved. */
  text: string;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A response document in S3's namespace. `content` is XML already. */
export function xmlDocument(root: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${content}</${root}>`;
}

/** Error documents are the one kind without a namespace. */
export function xmlErrorDocument(content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${content}</Error>`;
}

export function xmlText(name: string, text: string | number | boolean): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}

const NAMED: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/**
 * Control characters become references, as S3 does it. XML 1.0 forbids most of them even so: a caller with such keys
 * asks for `encoding-type=url`.
 */
function escapeXml(text: string): string {
  return text.replace(
    /[&<>"\p{Cc}\ufffe\uffff]/gv,
    (character) => NAMED[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  );
}

/** S3's bodies are three levels deep; more is an attempt on the stack. */
const DEPTH_MAX = 16;

const TOKEN =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<(?<close>\/)?(?<name>[\w.:\-]+)(?<attributes>(?:\s+[^\s=<>]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(?<empty>\/)?>|(?<text>[^<]+)/vy;

/**
 * Reads a request body. Attributes and prefixes carry nothing in S3's bodies and are dropped; a document type is
 * refused, so no entity can be declared.
 *
 * @throws {S3Error} MalformedXML
 */
export function parseXml(source: string): XmlElement {
  const document: XmlElement = { name: '', children: [], text: '' };
  const open = [document];
  const text = source.replace(/^\ufeff/v, '');
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const groups = TOKEN.exec(text)?.groups;
    const inner = open.at(-1);
    // No match puts lastIndex back to 0, and the loop would begin anew: it must end here.
    if (inner === undefined || groups === undefined) throw malformedXml();
    takeToken(groups, inner, open);
  }
  const [root, ...others] = document.children;
  if (root === undefined || others.length > 0 || open.length !== 1 || document.text.trim() !== '') throw malformedXml();
  return root;
}

function takeToken(groups: Partial<Record<string, string>>, inner: XmlElement, open: XmlElement[]): void {
  const { close, name, empty, text } = groups;
  if (text !== undefined) {
    inner.text += resolveReferences(text);
  } else if (name !== undefined && close !== undefined) {
    if (inner.name !== localName(name) || empty !== undefined) throw malformedXml();
    open.pop();
  } else if (name !== undefined) {
    const element: XmlElement = { name: localName(name), children: [], text: '' };
    inner.children.push(element);
    if (empty === undefined) open.push(element);
    if (open.length > DEPTH_MAX) throw malformedXml();
  }
}

export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

export function malformedXml(): S3Error {
  const message = 'The XML you provided was not well-formed or did not validate against our published schema';
  return new S3Error('MalformedXML', message);
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function resolveReferences(text: string): string {
  return text.replace(/&(?:(?<reference>#?\w+);)?/gv, (_, reference: string | undefined) => {
    if (reference === undefined) throw malformedXml();
    return ENTITIES.get(reference) ?? referencedCharacter(reference);
  });
}

function referencedCharacter(reference: string): string {
  const digits = /^#(?:x(?<hex>[\da-fA-F]{1,6})|(?<decimal>\d{1,7}))$/v.exec(reference)?.groups;
  if (digits === undefined) throw malformedXml();
  const code = digits['hex'] === undefined ? Number(digits['decimal']) : Number.parseInt(digits['hex'], 16);
  const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  if (!isCharacter) throw malformedXml();
  return String.fromCodePoint(code);
}
