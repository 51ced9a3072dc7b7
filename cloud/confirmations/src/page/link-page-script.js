/**
 * @typedef {{ title?: string, description?: string, type?: string, format?: string, enum?: unknown[], const?: unknown,
 *   default?: unknown, minLength?: number, maxLength?: number, minimum?: number, maximum?: number, pattern?: string }} Field
 * @typedef {{ properties?: Record<string, Field>, required?: string[] }} Form
 * @typedef {{ id: string, person: string, requester?: string, subject: unknown, deadline?: string, commentRequired?: string[],
 *   form?: Form, holdSeconds?: number, confirmations: { stage: number, stages: number, given: number, needed: number },
 *   nonce: string }} Shown
 * @typedef {{ title?: string, detail?: string, type?: string, errors?: { pointer: string, detail: string }[] }} Problem
 * @typedef {{ status: string, decision: string, comment?: string, decidedAt: string, effectiveAt?: string, receipt: string,
 *   confirmations?: { given: number, needed: number } }} Receipt
 */

/**
 * Shows what is asked and sends the answer. Nothing outside of this function may be used in it: its text is what browsers get.
 * Everything that comes from outside becomes text nodes, so nothing of it can be markup.
 */
export function linkPageScript() {
  const secret = location.hash.slice(1);
  // Out of the address bar, so that nobody copies it from there; it lives on in this page only.
  history.replaceState(null, '', location.pathname);
  // Whoever then pastes the whole address into the same tab gets to the same page, which would not notice.
  addEventListener('hashchange', () => location.reload());
  const title = /** @type {HTMLElement} */ (document.getElementById('title'));
  const status = /** @type {HTMLElement} */ (document.getElementById('status'));
  const ask = /** @type {HTMLElement} */ (document.getElementById('ask'));

  if (secret === '') {
    say('This address lacks its last part. Open the link once more, from the message that you got.');
  } else {
    void load('');
  }

  /** @param {string} note what to say first, if it is shown again */
  async function load(note) {
    say('One moment …');
    const { isOk, body } = await post('open', { secret });
    if (!isOk) return end(body);
    say(note);
    ask.replaceChildren(...present(body));
  }

  /** @param {string} text @param {boolean} [isWrong] */
  function say(text, isWrong = false) {
    status.textContent = text;
    status.className = isWrong ? 'wrong' : '';
  }

  /** @param {Problem} problem nothing more can be done here */
  function end({ title: text = 'This did not work', detail = '' }) {
    title.textContent = document.title = text;
    ask.replaceChildren();
    say(detail);
    title.focus();
  }

  /**
   * @param {string} action @param {object} body
   * @returns {Promise<{ isOk: boolean, status: number, body: any }>}
   */
  async function post(action, body) {
    try {
      const response = await fetch(`${location.pathname}/${action}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        cache: 'no-store',
      });
      return { isOk: response.ok, status: response.status, body: await response.json() };
    } catch {
      const detail = 'The service could not be reached. Try again: nothing is done twice.';
      return { isOk: false, status: 0, body: { title: 'No connection', detail } };
    }
  }

  /** @param {Shown} shown */
  function present(shown) {
    const {
      id,
      person,
      requester,
      subject,
      deadline,
      confirmations,
      commentRequired = [],
      form,
      holdSeconds = 0,
    } = shown;
    title.textContent = document.title = `Your answer on ${id}`;
    const fields = form?.properties ? fieldset(form) : undefined;
    const comment = element('textarea', { id: 'comment', maxLength: 2000 });
    const yes = element('button', { type: 'submit', className: 'yes' }, 'Confirm');
    const no = element('button', { type: 'button', className: 'no' }, 'Reject');
    const whenNeeded = commentRequired.length === 0 ? 'Optional' : `Needed to ${commentRequired.join(' and to ')}`;
    const box = element(
      'form',
      { noValidate: true },
      ...(fields ? [fields.node] : []),
      element('div', { className: 'field' }, label('comment', 'Comment', whenNeeded), comment),
      element('p', { className: 'soft' }, next(confirmations, holdSeconds)),
      element('div', { className: 'actions' }, yes, no),
    );
    box.addEventListener('submit', (event) => {
      event.preventDefault();
      void send('confirm');
    });
    no.addEventListener('click', () => void send('reject'));

    /** @param {'confirm' | 'reject'} decision */
    async function send(decision) {
      const text = comment.value.trim();
      comment.required = commentRequired.includes(decision);
      if (decision === 'confirm' && !box.reportValidity()) return;
      if (!comment.reportValidity()) return;
      /** @type {Record<string, unknown> | undefined} */
      let data;
      try {
        data = decision === 'confirm' && fields ? fields.read() : undefined;
      } catch {
        return say('A field that asks for JSON does not hold any.', true);
      }
      yes.disabled = no.disabled = true;
      say('One moment …');
      const sent = { secret, nonce: shown.nonce, decision, ...(text && { comment: text }), ...(data && { data }) };
      const answer = await post('answer', sent);
      yes.disabled = no.disabled = false;
      if (answer.isOk) return thank(answer.body);
      if (answer.body.type === 'urn:countersign:problem:read-again') return load(answer.body.detail);
      // What can be put right is said above the form, which stays as it was filled in.
      if (answer.status !== 400 && answer.status !== 0 && answer.status < 429) return end(answer.body);
      const faults = (answer.body.errors ?? []).map((/** @type {{ pointer: string, detail: string }} */ fault) => {
        return `${fault.pointer.replace(/^\/(data\/)?/, '')}: ${fault.detail}`;
      });
      say([answer.body.detail, ...faults].join(' '), true);
      status.scrollIntoView();
    }

    return [
      element('p', {}, requester ? `${requester} asks you, ${person}.` : `This is asked of you, ${person}.`),
      ...(deadline ? [element('p', {}, 'Until ', time(deadline), `, ${left(deadline)}.`)] : []),
      render(subject),
      box,
    ];
  }

  /** @param {Receipt} receipt */
  function thank({ status: standing, decision, comment, decidedAt, effectiveAt, receipt, confirmations }) {
    title.textContent = document.title = decision === 'confirm' ? 'Confirmed' : 'Rejected';
    const isOpen = standing === 'AWAITING_CONFIRMATION';
    const rows = {
      Answer: decision === 'confirm' ? 'confirmed' : 'rejected',
      ...(comment && { Comment: comment }),
      At: time(decidedAt),
      ...(isOpen && confirmations && { 'So far': `${confirmations.given} of ${confirmations.needed} confirmations` }),
      ...(effectiveAt && { 'Can be taken back until': time(effectiveAt) }),
      Receipt: element('code', {}, receipt),
    };
    say(
      isOpen
        ? 'Your answer is written down. Others are asked as well.'
        : 'Your answer is written down. The workflow goes on.',
    );
    const list = Object.entries(rows).map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value)),
    );
    ask.replaceChildren(element('dl', {}, ...list), element('p', { className: 'soft' }, 'You can close this page.'));
    title.focus();
  }

  /** @param {Shown['confirmations']} confirmations @param {number} holdSeconds */
  function next({ stage, stages, given, needed }, holdSeconds) {
    const step = stages > 1 ? `This is step ${stage} of ${stages}. ` : '';
    const count = needed > 1 ? `${given} of ${needed} confirmations are given. ` : '';
    const hold =
      holdSeconds > 0 ? ` A decision can be taken back for ${span(holdSeconds * 1000)}, where you sign in.` : '';
    return `${step}${count}Whoever rejects ends it for all. Your answer counts once and stands.${hold}`;
  }

  /** @param {Form} form */
  function fieldset({ properties = {}, required = [] }) {
    const inputs = Object.entries(properties).map(([name, field], index) => {
      const inputId = `field-${index}`;
      const isRequired = required.includes(name);
      const { node, read } = input(inputId, field, isRequired);
      const hint = [isRequired ? '' : 'Optional.', field.description ?? ''].join(' ').trim();
      return {
        name,
        read,
        node: element('div', { className: 'field' }, label(inputId, field.title ?? readable(name), hint), node),
      };
    });
    const node = element('fieldset', {}, element('legend', {}, 'To confirm'), ...inputs.map((one) => one.node));
    return {
      node,
      read: () => {
        const values = inputs.map((one) => /** @type {const} */ ([one.name, one.read()]));
        return Object.fromEntries(values.filter(([, value]) => value !== undefined));
      },
    };
  }

  /** @param {string} inputId @param {Field} field @param {boolean} required */
  function input(inputId, field, required) {
    const { type, format, minLength, maxLength, minimum, maximum, pattern } = field;
    if (field.enum) {
      const options = field.enum;
      const list = options.map((value, index) => element('option', { value: String(index) }, text(value)));
      const select = element('select', { id: inputId, required }, element('option', { value: '' }, '–'), ...list);
      if (field.default !== undefined) select.value = String(options.indexOf(field.default));
      return { node: select, read: () => (select.value === '' ? undefined : options[Number(select.value)]) };
    }
    if (type === 'boolean') {
      // Not required in the browser's sense: that would ask for a tick, and an empty box is an answer as well.
      const checkbox = element('input', { id: inputId, type: 'checkbox', checked: field.default === true });
      return { node: checkbox, read: () => checkbox.checked };
    }
    if (type === 'number' || type === 'integer') {
      const number = element('input', {
        id: inputId,
        type: 'number',
        required,
        step: type === 'integer' ? '1' : 'any',
      });
      if (minimum !== undefined) number.min = String(minimum);
      if (maximum !== undefined) number.max = String(maximum);
      if (field.default !== undefined) number.value = text(field.default);
      return { node: number, read: () => (number.value === '' ? undefined : Number(number.value)) };
    }
    if (type === 'string') {
      const kind = format === 'date' || format === 'email' ? format : 'text';
      const line = element('input', { id: inputId, type: kind, required });
      if (minLength !== undefined) line.minLength = minLength;
      if (maxLength !== undefined) line.maxLength = maxLength;
      if (pattern !== undefined) line.pattern = `.*(?:${pattern}).*`;
      if (field.default !== undefined) line.value = text(field.default);
      return { node: line, read: () => (line.value === '' ? undefined : line.value) };
    }
    const json = element('textarea', { id: inputId, required, placeholder: 'JSON' });
    if (field.default !== undefined) json.value = JSON.stringify(field.default, null, 2);
    return { node: json, read: () => (json.value.trim() === '' ? undefined : JSON.parse(json.value)) };
  }

  /** @param {string} htmlFor @param {string} name @param {string} hint */
  function label(htmlFor, name, hint) {
    return element('label', { htmlFor }, name, ...(hint ? [element('span', { className: 'hint' }, hint)] : []));
  }

  /** Any JSON, to be read: members as a list of names and values, money as one line. @param {unknown} value @returns {Node} */
  function render(value) {
    if (Array.isArray(value)) {
      if (value.length === 0) return document.createTextNode('none');
      return element('ol', {}, ...value.map((item) => element('li', {}, render(item))));
    }
    if (typeof value !== 'object' || value === null) return document.createTextNode(text(value));
    const members = Object.entries(value);
    if (members.length === 2 && 'value' in value && 'currency' in value) {
      return document.createTextNode(`${text(value.value)} ${text(value.currency)}`);
    }
    const rows = members.map(([name, member]) =>
      element('div', {}, element('dt', {}, readable(name)), element('dd', {}, render(member))),
    );
    return element('dl', {}, ...rows);
  }

  /** `unitPrice` → `Unit price` @param {string} name */
  function readable(name) {
    const words = name
      .replace(/([a-z\d])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`)
      .replaceAll('_', ' ');
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  /** @param {unknown} value */
  function text(value) {
    if (value === true || value === false) return value ? 'yes' : 'no';
    return value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
  }

  /** @param {string} iso */
  function time(iso) {
    const shown = new Date(iso).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'short' });
    return element('time', { dateTime: iso }, shown);
  }

  /** @param {string} iso */
  function left(iso) {
    const ms = Date.parse(iso) - Date.now();
    return ms <= 0 ? 'which has passed' : `in ${span(ms)}`;
  }

  /** @param {number} ms */
  function span(ms) {
    const minutes = Math.max(1, Math.round(ms / 60000));
    if (ms < 60000) return 'less than a minute';
    if (minutes < 120) return `${minutes} minutes`;
    const hours = Math.round(minutes / 60);
    return hours < 48 ? `${hours} hours` : `${Math.floor(hours / 24)} days`;
  }

  /**
   * @template {keyof HTMLElementTagNameMap} Name
   * @param {Name} name @param {Partial<HTMLElementTagNameMap[Name]>} properties @param {(Node | string)[]} children
   * @returns {HTMLElementTagNameMap[Name]}
   */
  function element(name, properties, ...children) {
    const node = document.createElement(name);
    Object.assign(node, properties);
    node.append(...children);
    return node;
  }
}
