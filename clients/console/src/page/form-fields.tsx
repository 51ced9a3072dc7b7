import type { FieldSchema, FormSchema } from './orders.ts';
import { readable } from './words.ts';

/** What a confirmation has to carry, as fields. Whether it is right is for the service to say. */
export function FormFields({ form }: { form: FormSchema }) {
  const { properties = {}, required = [] } = form;
  return (
    <fieldset>
      <legend>To confirm</legend>
      {Object.entries(properties).map(([name, field]) => {
        const isRequired = required.includes(name);
        const hint = [isRequired ? '' : 'Optional.', field.description ?? ''].join(' ').trim();
        return (
          <label key={name} class="field">
            {field.title ?? readable(name)}
            {hint !== '' && <span class="hint">{hint}</span>}
            <Field name={nameOf(name)} field={field} isRequired={isRequired} />
          </label>
        );
      })}
    </fieldset>
  );
}

/**
 * What was filled in. A field that was left empty is left out.
 *
 * @throws {SyntaxError} where JSON is asked for and none was given.
 */
export function readForm({ properties = {} }: FormSchema, given: FormData): Record<string, unknown> {
  const values = Object.entries(properties).map(([name, field]) => {
    const text = given.get(nameOf(name));
    return [name, valueOf(field, typeof text === 'string' ? text : undefined)] as const;
  });
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

function Field({ name, field, isRequired }: { name: string; field: FieldSchema; isRequired: boolean }) {
  const { type, format, minLength, maxLength, minimum, maximum } = field;
  const initial = field.default === undefined ? '' : textOf(field.default);
  if (field.enum !== undefined) {
    return (
      <select name={name} required={isRequired}>
        <option value="">–</option>
        {field.enum.map((value, index) => (
          <option key={index} value={String(index)} selected={value === field.default}>
            {textOf(value)}
          </option>
        ))}
      </select>
    );
  }
  // Not required in the browser's sense: that would ask for a tick, and an empty box is an answer as well.
  if (type === 'boolean') return <input name={name} type="checkbox" defaultChecked={field.default === true} />;
  if (type === 'number' || type === 'integer') {
    const bounds = { ...(minimum !== undefined && { min: minimum }), ...(maximum !== undefined && { max: maximum }) };
    const step = type === 'integer' ? 1 : 'any';
    return <input name={name} type="number" step={step} required={isRequired} defaultValue={initial} {...bounds} />;
  }
  if (type === 'string') {
    const length = {
      ...(minLength !== undefined && { minLength }),
      ...(maxLength !== undefined && { maxLength }),
    };
    const common = { name, required: isRequired, defaultValue: initial };
    if (format === 'date') return <input type="date" {...common} />;
    if (format === 'email') return <input type="email" {...common} {...length} />;
    return <input type="text" {...common} {...length} />;
  }
  return <textarea name={name} required={isRequired} placeholder="JSON" defaultValue={initial} />;
}

function valueOf({ type, enum: values }: FieldSchema, text: string | undefined): unknown {
  if (values !== undefined) return text === undefined || text === '' ? undefined : values[Number(text)];
  if (type === 'boolean') return text !== undefined;
  if (text === undefined || text.trim() === '') return undefined;
  if (type === 'number' || type === 'integer') return Number(text);
  return type === 'string' ? text : (JSON.parse(text) as unknown);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Apart from the form's own fields, whatever the schema calls its. */
function nameOf(property: string): string {
  return `data.${property}`;
}
