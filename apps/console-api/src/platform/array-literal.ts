/**
 * An array as PostgreSQL writes it, for a parameter of an array type. Where nothing needs an escape JSON writes the same between
 * its brackets, and does so several times as fast as the driver: for what every commit sends by the hundred.
 */
export function toArrayLiteral(values: readonly (string | number | boolean | null)[]): string {
  const json = JSON.stringify(values);
  return json.includes('\\') ? `{${values.map(toElement).join(',')}}` : `{${json.slice(1, -1)}}`;
}

function toElement(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
