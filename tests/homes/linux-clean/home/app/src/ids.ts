export const id = '{{<uuid>}}';
export const sha = '{{<hex:40>}}';
export const integrity = 'sha512-{{<b64:86>}}==';
