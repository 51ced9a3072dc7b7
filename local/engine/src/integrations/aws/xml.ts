/** An element of a reply. Namespaces are left aside: a name is what follows the colon. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** All the text directly in the element. */
  readonly text: string;
}

/** Deeper than any reply of a service. */
const DEPTH_MAX = 64;

interface OpenElement {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const TOKEN =
  /<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\?[^]*?\?>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/y;

/** @returns the root element; `undefined` for a text that is no XML, has a document type, or is nested too deeply */
export function parseXml(source: string): XmlElement | undefined {
  const token = new RegExp(TOKEN);
  const root: OpenElement = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  while (token.lastIndex < source.length) {
    const match = token.exec(source);
    const parent = open.at(-1);
    if (match === null || parent === undefined || open.length > DEPTH_MAX) return undefined;
    const [, cdata, closed, name, attributes = '', empty, text] = match;
    if (cdata !== undefined) parent.text += cdata;
    else if (text !== undefined) parent.text += unescaped(text);
    else if (closed !== undefined) {
      if (open.length === 1 || parent.name !== localName(closed)) return undefined;
      open.pop();
    } else if (name !== undefined) {
      const element = { name: localName(name), attributes: attributesOf(attributes), children: [], text: '' };
      parent.children.push(element);
      if (empty === '') open.push(element);
    }
  }
  return open.length === 1 ? root.children[0] : undefined;
}

export function childNamed(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\r\n\u0085\u2028]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

function attributesOf(source: string): Record<string, string> {
  const found = [...source.matchAll(/([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)];
  return Object.fromEntries(found.map(([, name = '', double, single]) => [name, unescaped(double ?? single ?? '')]));
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g,
    (whole, hex?: string, decimal?: string, name = '') => {
      if (hex === undefined && decimal === undefined) return ENTITIES[name as string] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
