// Numbers for people: four significant digits, true minus signs, no more digits than are known.

const SUPERSCRIPTS = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };

/** Whether there is a number. */
export function known(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

const minus = (text) => text.replace(/-/g, '−');

function scientific(value, digits) {
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  const power = Array.from(String(Number(exponent)), (letter) => SUPERSCRIPTS[letter]).join('');
  return `${minus(String(Number(mantissa)))}×10${power}`;
}

function grouped(value, decimals) {
  return minus(value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
}

/** The decimal exponent: 2 for 100 to 999. */
function magnitude(value) {
  return value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
}

/** A number with so many significant digits. */
export function number(value, digits = 4) {
  if (!known(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return scientific(value, digits);
  const rounded = Number(value.toPrecision(Math.max(digits, magnitude(value) + 1)));
  const decimals = Math.max(0, digits - 1 - magnitude(rounded));
  return minus(rounded.toLocaleString('en', { maximumFractionDigits: Math.min(decimals, 12) }));
}

/** A whole number with separators of thousands. */
export function count(value) {
  return known(value) ? grouped(Math.round(value), 0) : '–';
}

/** A number with its sign. */
export function signed(value, digits = 4) {
  return known(value) && value > 0 ? `+${number(value, digits)}` : number(value, digits);
}

/** A share in percent. */
export function percent(share) {
  if (!known(share)) return '–';
  const value = share * 100;
  const size = Math.abs(value);
  if (size > 0 && size < 0.05) return value > 0 ? '<\u00a00.1\u00a0%' : '>\u00a0−0.1\u00a0%';
  return `${grouped(value, size !== 0 && (size < 10 || (size > 99 && size < 100)) ? 1 : 0)}\u00a0%`;
}

/** A share as a mark of an axis: no decimals that say nothing. */
export function percentTick(share) {
  return known(share) ? `${number(share * 100, 6)}\u00a0%` : '';
}

/** A number as formulas have it: without separators of thousands. */
export function plain(value, digits = 4) {
  return number(value, digits).replace(/,/g, '');
}

/** How many decimals tell a spread with two digits. */
function decimalsOf(spread, value) {
  if (!(spread > 0)) return null;
  return Math.min(Math.max(0, 1 - magnitude(spread)), Math.max(0, 5 - magnitude(value)));
}

/** A number and its interval, with the digits that the interval is worth: `{value, low, high}`. */
export function withInterval(value, interval) {
  const bounds = Array.isArray(interval) && known(interval[0]) && known(interval[1]) ? interval : null;
  if (!known(value) || !bounds) return { value: number(value), low: null, high: null };
  const decimals = decimalsOf(bounds[1] - bounds[0], value);
  const sizes = [value, ...bounds].map(Math.abs);
  if (decimals === null || Math.max(...sizes) >= 1e9 || Math.max(...sizes) < 1e-4) {
    return { value: number(value, 3), low: number(bounds[0], 3), high: number(bounds[1], 3) };
  }
  return {
    value: grouped(value, decimals),
    low: grouped(bounds[0], decimals),
    high: grouped(bounds[1], decimals),
  };
}

/** "1.13 (1.00 to 1.26)". */
export function interval(value, bounds) {
  const text = withInterval(value, bounds);
  return text.low === null ? text.value : `${text.value} (${text.low} to ${text.high})`;
}

/** "0.40 ± 0.02". */
export function deviation(mean, spread) {
  if (!known(mean)) return '–';
  if (!known(spread) || spread === 0) return number(mean, 3);
  const decimals = decimalsOf(spread, mean);
  if (Math.abs(mean) >= 1e9 || Math.max(Math.abs(mean), spread) < 1e-4) {
    return `${number(mean, 2)} ± ${number(spread, 2)}`;
  }
  return `${grouped(mean, decimals)} ± ${grouped(spread, decimals)}`;
}

/** A mark of an axis: short. */
export function tick(value) {
  if (!known(value)) return '';
  const size = Math.abs(value);
  const rounded = Number(value.toPrecision(6));
  if (size === 0) return '0';
  if (size >= 1e9 || size < 1e-4) return scientific(rounded, 3);
  if (size >= 1e6) return `${number(rounded / 1e6, 6)} M`;
  return number(rounded, 6);
}

/** A moment in milliseconds as a date, with the time of day where it matters. */
export function date(milliseconds) {
  if (!known(milliseconds)) return '–';
  const moment = new Date(milliseconds);
  if (Number.isNaN(moment.getTime())) return number(milliseconds);
  const text = moment.toISOString();
  return text.slice(11, 19) === '00:00:00' ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, 16)}`;
}
