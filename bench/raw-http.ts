import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Asked {
  readonly bytes: string;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/**
 * So many connections to one server, each for one request at a time. It knows as much of HTTP/1.1 as the servers that are measured use,
 * for a driver shares the cores with them: an undici pool takes three times its CPU.
 */
export class RawPool {
  readonly #idle: Connection[] = [];
  readonly #all: Connection[];
  readonly #waiting: Asked[] = [];
  readonly #host: string;

  constructor(url: string, connections: number) {
    const { hostname, port, host } = new URL(url);
    this.#host = host;
    this.#all = Array.from(
      { length: connections },
      () => new Connection(hostname, Number(port), (it) => this.#free(it)),
    );
    this.#idle.push(...this.#all);
  }

  post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    let head = `POST ${path} HTTP/1.1\r\nhost: ${this.#host}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    return new Promise((resolve, reject) => {
      const asked = { bytes: `${head}\r\n${body}`, resolve, reject };
      const idle = this.#idle.pop();
      if (idle === undefined) this.#waiting.push(asked);
      else idle.ask(asked);
    });
  }

  #free(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(connection);
    else connection.ask(next);
  }

  destroy(): void {
    for (const connection of this.#all) connection.destroy();
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #onFree: (connection: Connection) => void;
  #asked: Asked | undefined;
  #received = '';

  constructor(hostname: string, port: number, onFree: (connection: Connection) => void) {
    this.#onFree = onFree;
    this.#socket = connect({ host: hostname, port, noDelay: true });
    // As latin1 a character is a byte, so lengths can be compared with what the headers say.
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => this.#receive(text));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed a connection')));
  }

  ask(asked: Asked): void {
    this.#asked = asked;
    this.#socket.write(asked.bytes);
  }

  destroy(): void {
    this.#asked = undefined;
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    const answer = answerIn(this.#received);
    if (answer === undefined) return;
    this.#received = '';
    const asked = this.#asked;
    this.#asked = undefined;
    this.#onFree(this);
    asked?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#asked?.reject(error);
    this.#asked = undefined;
  }
}

/** `undefined` where it has not come whole. */
function answerIn(received: string): Answer | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = received.slice(0, headEnd).toLowerCase();
  const status = Number(head.slice(9, 12));
  const body = received.slice(headEnd + 4);
  const length = /\r\ncontent-length: *(\d+)/.exec(head)?.[1];
  const text = length === undefined ? unchunked(body) : body.length < Number(length) ? undefined : body;
  return text === undefined ? undefined : { status, text: Buffer.from(text, 'latin1').toString() };
}

function unchunked(body: string): string | undefined {
  let text = '';
  for (let at = 0; ;) {
    const lineEnd = body.indexOf('\r\n', at);
    const length = lineEnd < 0 ? NaN : Number.parseInt(body.slice(at, lineEnd), 16);
    if (Number.isNaN(length) || body.length < lineEnd + 4 + length) return undefined;
    if (length === 0) return text;
    text += body.slice(lineEnd + 2, lineEnd + 2 + length);
    at = lineEnd + 4 + length;
  }
}
