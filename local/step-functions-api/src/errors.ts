/** What the protocol refuses before any action sees it. */
export class ProtocolError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(name: string, status: number, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export class SerializationException extends ProtocolError {
  constructor(message: string) {
    super('SerializationException', 400, message);
  }
}

export class UnknownOperationException extends ProtocolError {
  constructor(status: 400 | 404, message: string) {
    super('UnknownOperationException', status, message);
  }
}

export class UnsupportedMediaTypeException extends ProtocolError {
  constructor(message: string) {
    super('UnsupportedMediaTypeException', 415, message);
  }
}

export class RequestEntityTooLargeException extends ProtocolError {
  constructor(maxBytes: number) {
    super('RequestEntityTooLargeException', 413, `A request may have at most ${maxBytes} bytes`);
  }
}

export class AccessDeniedException extends ProtocolError {
  constructor(message: string) {
    super('AccessDeniedException', 403, message);
  }
}

/** More is asked for than can be taken on. SDK clients wait and try again. */
export class ThrottlingException extends ProtocolError {
  constructor(why: string) {
    super('ThrottlingException', 400, `Rate exceeded: ${why}. Try again later, and less at once`);
  }
}
